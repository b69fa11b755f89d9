"""The horizontal axis: a value's place, counted in updates, epochs, samples or seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal, get_args

Kind = Literal["step", "epoch", "sample", "second"]


class Axis:
    """Counts updates, epochs, samples and seconds over all training runs of a callback.

    TensorBoard takes whole numbers: an epoch under way counts as that epoch, a second as begun.

    Args:
        kind: ``"step"`` (optimizer updates), ``"epoch"``, ``"sample"`` (of the main process) or
            ``"second"`` (of training runs, from the first one's start).

    Raises:
        ValueError: ``kind`` is none of these.
    """

    def __init__(self, kind: Kind) -> None:
        if kind not in get_args(Kind):
            raise ValueError(f"x_axis: one of {', '.join(map(repr, get_args(Kind)))} is due, got {kind!r}")
        self.kind = kind
        self._at: Any = None  # where the latest training run is; an evaluation run has one of its own
        self._updates_before = 0
        self._epochs_before = 0
        self._samples: Any = 0
        self._began: float | None = None  # of time.monotonic; a resume moves it back by the seconds before

    @property
    def updates(self) -> int:
        """Updates done, all training runs together."""
        return self._updates_before + (0 if self._at is None else int(self._at.update))

    @property
    def _epochs(self) -> int:
        return self._epochs_before + (0 if self._at is None else int(self._at.epoch))

    def begin(self, at: Any) -> None:
        """Count on from the run before, or from the place at which this one is resumed.

        Args:
            at: The position of the run, a ``groundwire.run_state.RunState``; it moves on with the run.
        """
        self._updates_before = 0 if at.update else self.updates
        self._epochs_before = 0 if at.update else self._epochs
        self._at = at
        if self._began is None:
            self._began = time.monotonic()

    @property
    def ahead(self) -> str:
        """The part of the epoch that the run has ahead, see :class:`groundwire.run_state.RunState`, or ``""``."""
        return "" if self._at is None else str(self._at.ahead)

    def state(self) -> dict[str, Any]:
        """The counts so far, for a checkpoint."""
        return {
            "updates": self.updates,
            "epochs": self._epochs,
            "samples": int(self._samples),
            "seconds": None if self._began is None else time.monotonic() - self._began,
        }

    def load(self, state: Mapping[str, Any], *, is_running: bool) -> None:
        """Restore the counts of :meth:`state`.

        Args:
            state: The counts.
            is_running: A run is under way, at the place at which the state was saved.
        """
        self._at = self._at if is_running else None
        # The properties add what the run has done to these two, so they are zero while the difference is taken.
        self._updates_before = self._epochs_before = 0
        self._updates_before = state["updates"] - self.updates
        self._epochs_before = state["epochs"] - self._epochs
        self._samples = state["samples"]
        self._began = None if state["seconds"] is None else time.monotonic() - state["seconds"]

    def add_samples(self, count: Any) -> None:
        """Add the samples of a batch; a count that is a tensor stays on its device until it is read."""
        self._samples = self._samples + count

    def position(self, updates: int | None = None) -> int:
        """The place of a value that is written now.

        Args:
            updates: Number of updates to take in place of those done, on an axis of updates.
        """
        if self.kind == "step":
            return self.updates if updates is None else updates
        if self.kind == "epoch":
            return self._epochs
        if self.kind == "sample":
            return int(self._samples)
        return 0 if self._began is None else int(time.monotonic() - self._began)

    def position_before(self) -> int:
        """The place at which the last epoch ended, when the next has just begun."""
        return self._epochs - 1 if self.kind == "epoch" else self.position()
