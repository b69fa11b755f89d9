"""A profiler that reports the functions in which each action spent its time."""

from __future__ import annotations

import cProfile
import io
import os
import pstats
from collections import defaultdict
from pathlib import Path
from typing import Any

from groundwire_lightning.profilers.profiler import Profiler


class AdvancedProfiler(Profiler):
    """Runs Python's ``cProfile`` over each action; the innermost action is the one that records.

    Args:
        dirpath: Folder of the report; by default the folder of the run's logger.
        filename: Name of the report, without its ending; without one the report is shown on the console.
        line_count_restriction: How many functions of an action to report: a number, or a share from 0.0 to 1.0.
        dump_stats: Keep what was recorded as ``.prof`` files in ``dirpath`` too.

    Attributes:
        profiled_actions: The recording of each action.
    """

    def __init__(
        self,
        dirpath: str | os.PathLike[str] | None = None,
        filename: str | None = None,
        line_count_restriction: float = 1.0,
        dump_stats: bool = False,
    ) -> None:
        super().__init__(dirpath=dirpath, filename=filename)
        self.profiled_actions: dict[str, cProfile.Profile] = defaultdict(cProfile.Profile)
        self.line_count_restriction = line_count_restriction
        self.dump_stats = dump_stats

    def start(self, action_name: str) -> None:
        """Begin to record an action, and pause the one around it, since only one recording can run.

        Args:
            action_name: The name of the action.
        """
        for recording in self.profiled_actions.values():
            recording.disable()
        self.profiled_actions[action_name].enable()

    def stop(self, action_name: str) -> None:
        """End the recording of an action; the one around it stays paused, as in Lightning.

        Args:
            action_name: The name of the action.

        Raises:
            ValueError: The action was not started.
        """
        if action_name not in self.profiled_actions:
            raise ValueError(f"the action {action_name!r} cannot be stopped: it was not started")
        self.profiled_actions[action_name].disable()

    def summary(self) -> str:
        """The functions of each action, the costliest first."""
        return self._stats_to_str({name: self._table(name, stats) for name, stats in self.profiled_actions.items()})

    def _table(self, action_name: str, recording: cProfile.Profile) -> str:
        if self.dump_stats:
            self._dump_stats(action_name, recording)
        text = io.StringIO()
        stats = pstats.Stats(recording, stream=text).strip_dirs().sort_stats("cumulative")
        stats.print_stats(self.line_count_restriction)
        return text.getvalue()

    def _dump_stats(self, action_name: str, recording: cProfile.Profile) -> None:
        if not self.dirpath:
            raise ValueError("AdvancedProfiler(dump_stats=True): give it a dirpath to write .prof files to")
        folder = Path(self.dirpath)
        folder.mkdir(parents=True, exist_ok=True)
        recording.dump_stats(str(folder / self._prepare_filename(action_name=action_name, extension=".prof")))

    def teardown(self, stage: str | None) -> None:
        """Drop the recordings of a run that has ended.

        Args:
            stage: As in :meth:`setup`.
        """
        super().teardown(stage=stage)
        self.profiled_actions.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments alone; recordings cannot be pickled."""
        arguments = ("dirpath", "filename", "line_count_restriction", "dump_stats")
        return type(self), (), {name: getattr(self, name) for name in arguments}
