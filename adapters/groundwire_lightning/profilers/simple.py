"""A profiler that reports the seconds of each action, and how often it ran."""

from __future__ import annotations

import math
import os
import time
from collections import defaultdict
from collections.abc import Sequence

from groundwire_lightning.profilers.profiler import Profiler

Cells = Sequence[str]
COLUMN_WIDTH = 15


class SimpleProfiler(Profiler):
    """Measures how long each action takes, in seconds of ``time.perf_counter``.

    Args:
        dirpath: Folder of the report; by default the folder of the run's logger.
        filename: Name of the report, without its ending; without one the report is shown on the console.
        extended: Tell the number of calls and the share of all time too.

    Attributes:
        current_actions: Actions that are under way, to the time at which each began.
        recorded_durations: The seconds of each call, by action.
    """

    def __init__(
        self, dirpath: str | os.PathLike[str] | None = None, filename: str | None = None, extended: bool = True
    ) -> None:
        super().__init__(dirpath=dirpath, filename=filename)
        self.current_actions: dict[str, float] = {}
        self.recorded_durations: dict[str, list[float]] = defaultdict(list)
        self.extended = extended
        self.start_time = time.perf_counter()

    def start(self, action_name: str) -> None:
        """Begin to measure an action.

        Args:
            action_name: The name of the action.

        Raises:
            ValueError: The action is under way already.
        """
        if action_name in self.current_actions:
            raise ValueError(f"the action {action_name!r} was started and is not over; stop it first")
        self.current_actions[action_name] = time.perf_counter()

    def stop(self, action_name: str) -> None:
        """End the measurement of an action.

        Args:
            action_name: The name of the action.

        Raises:
            ValueError: The action was not started.
        """
        ended = time.perf_counter()  # first, so that nothing of ours is measured
        if action_name not in self.current_actions:
            raise ValueError(f"the action {action_name!r} cannot be stopped: it was not started")
        self.recorded_durations[action_name].append(ended - self.current_actions.pop(action_name))

    def summary(self) -> str:
        """A table of the actions, the longest first."""
        lines = [self._title(), ""]
        if self.recorded_durations or not self.extended:
            lines += self._extended() if self.extended else self._short()
        return os.linesep.join([*lines, ""])

    def _extended(self) -> list[str]:
        total = time.perf_counter() - self.start_time
        rows = [
            (action, math.fsum(seconds) / len(seconds), len(seconds), math.fsum(seconds))
            for action, seconds in self.recorded_durations.items()
        ]
        rows.sort(key=lambda row: row[3], reverse=True)
        calls = sum(number for _, _, number, _ in rows)
        head = ("Action", "Mean duration (s)", "Num calls", "Total time (s)", "Percentage %")
        sums = ("Total", "-", str(calls), f"{total:.5}", "100 %")
        cells = [
            (action, f"{mean:.5}", str(number), f"{seconds:.5}", f"{100 * seconds / total:.5}")
            for action, mean, number, seconds in rows
        ]
        return self._table([[head], [sums], cells])

    def _short(self) -> list[str]:
        rows = [
            (action, math.fsum(seconds) / len(seconds), math.fsum(seconds))
            for action, seconds in self.recorded_durations.items()
        ]
        rows.sort(key=lambda row: row[1], reverse=True)
        cells = [(action, f"{mean:.5}", f"{seconds:.5}") for action, mean, seconds in rows]
        return self._table([[("Action", "Mean duration (s)", "Total time (s)")], cells])

    def _table(self, parts: Sequence[Sequence[Cells]]) -> list[str]:
        """Draw rows, with a rule above, between and below the parts."""
        widest = max(map(len, self.recorded_durations), default=0)
        drawn = [[self._row(cells, widest) for cells in part] for part in parts]
        rule = "-" * (len(drawn[0][0].expandtabs()) + len(os.linesep))
        return [rule] + [line for part in drawn for line in (*part, rule)]

    def _row(self, cells: Cells, widest: int) -> str:
        return "".join([f"|  {cells[0]:<{widest}}\t|", *(f"  {cell:<{COLUMN_WIDTH}}\t|" for cell in cells[1:])])
