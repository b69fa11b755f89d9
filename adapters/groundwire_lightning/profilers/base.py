"""The profiler of a Trainer that was given none: it records nothing."""

from __future__ import annotations

from groundwire_lightning.profilers.profiler import Profiler


class PassThroughProfiler(Profiler):
    """Stands in ``trainer.profiler`` where none was asked for, so that a user's code may call it; no run does."""

    def start(self, action_name: str) -> None:
        """Record nothing of an action that begins."""

    def stop(self, action_name: str) -> None:
        """Record nothing of an action that has ended."""
