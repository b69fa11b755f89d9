"""The profiler that records nothing."""

from __future__ import annotations

from groundwire_lightning.profilers.profiler import Profiler


class PassThroughProfiler(Profiler):
    """What ``trainer.profiler`` is where no profiler was asked for; the run itself does not call it."""

    def start(self, action_name: str) -> None:
        """Nothing."""

    def stop(self, action_name: str) -> None:
        """Nothing."""
