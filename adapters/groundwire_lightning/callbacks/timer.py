"""A callback that measures how long a run takes, and ends training when its time is up."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from groundwire_lightning.core.callback import Callback
from groundwire_lightning.utilities.checked import checked, flag, one_of, optional
from groundwire_lightning.utilities.checked import duration as length

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

TIMED_STAGES = ("train", "sanity_check", "validate", "test", "predict")

log = logging.getLogger(__name__)


class Interval(str, Enum):
    """The moments at which a :class:`Timer` looks at the clock: after each batch or after each epoch."""

    step = "step"
    epoch = "epoch"


class Timer(Callback):
    """Measures training, validation and test, and ends training when its time is up.

    Args:
        duration: Days, hours, minutes and seconds as ``"DD:HH:MM:SS"``, a ``timedelta`` or its
            arguments in a dictionary; None sets no limit.
        interval: ``"step"`` looks after each batch, ``"epoch"`` after each epoch.
        verbose: Log a message when the time is up.

    Raises:
        MisconfigurationException: The duration or the interval is none of these.
    """

    @checked(duration=optional(length), interval=one_of(*Interval), verbose=flag)
    def __init__(
        self,
        duration: str | timedelta | dict[str, int] | None = None,
        interval: str = Interval.step,
        verbose: bool = True,
    ) -> None:
        self._duration = None if duration is None else length("Timer(duration=)", duration).total_seconds()
        self._interval = interval
        self._verbose = verbose
        self._start_time: dict[str, float | None] = dict.fromkeys(TIMED_STAGES)
        self._end_time: dict[str, float | None] = dict.fromkeys(TIMED_STAGES)
        self._offset: float = 0

    def start_time(self, stage: str = "train") -> float | None:
        """The seconds of ``time.monotonic`` at which a stage began last, or None."""
        return self._start_time[_stage(stage)]

    def end_time(self, stage: str = "train") -> float | None:
        """The seconds of ``time.monotonic`` at which a stage ended last, or None."""
        return self._end_time[_stage(stage)]

    def time_elapsed(self, stage: str = "train") -> float:
        """Seconds that a stage has taken; those of training before it was resumed are counted."""
        start, end = self.start_time(stage), self.end_time(stage)
        before = self._offset if _stage(stage) == "train" else 0
        if start is None:
            return before
        return (time.monotonic() if end is None else end) - start + before

    def time_remaining(self, stage: str = "train") -> float | None:
        """Seconds that are left, or None where there is no limit."""
        return None if self._duration is None else self._duration - self.time_elapsed(stage)

    def on_fit_start(self, trainer: Running, pl_module: Any) -> None:
        """Ask to stop where no time is left, as after a resume."""
        if self._duration is not None:
            self._check_clock(trainer)

    def on_train_start(self, trainer: Running, pl_module: Any) -> None:
        """Start the clock of training."""
        self._start_time["train"] = time.monotonic()

    def on_train_end(self, trainer: Running, pl_module: Any) -> None:
        """Stop the clock of training."""
        self._end_time["train"] = time.monotonic()

    def on_validation_start(self, trainer: Running, pl_module: Any) -> None:
        """Start the clock of validation."""
        self._start_time["validate"] = time.monotonic()

    def on_validation_end(self, trainer: Running, pl_module: Any) -> None:
        """Stop the clock of validation."""
        self._end_time["validate"] = time.monotonic()

    def on_test_start(self, trainer: Running, pl_module: Any) -> None:
        """Start the clock of a test."""
        self._start_time["test"] = time.monotonic()

    def on_test_end(self, trainer: Running, pl_module: Any) -> None:
        """Stop the clock of a test."""
        self._end_time["test"] = time.monotonic()

    def on_train_batch_end(self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Look at the clock where that is done by steps."""
        if self._interval == Interval.step and self._duration is not None:
            self._check_clock(trainer)

    def on_train_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Look at the clock where that is done by epochs."""
        if self._interval == Interval.epoch and self._duration is not None:
            self._check_clock(trainer)

    def state_dict(self) -> dict[str, Any]:
        """The seconds that each stage has taken."""
        return {"time_elapsed": {stage: self.time_elapsed(stage) for stage in TIMED_STAGES}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the seconds of training, which those of this run are added to."""
        self._offset = state_dict.get("time_elapsed", {}).get("train", 0)

    def _check_clock(self, trainer: Running) -> None:
        assert self._duration is not None  # asked by every caller
        # The first process's clock counts for all, or they would stop at different batches.
        is_over = trainer.strategy.broadcast(self.time_elapsed() >= self._duration)
        if is_over:
            trainer._ask_to_stop()
        if is_over and self._verbose and trainer.is_global_zero:
            elapsed = timedelta(seconds=int(self.time_elapsed()))
            log.info("The time is up after %s; training ends as soon as it may.", elapsed)


def _stage(stage: str) -> str:
    name = str.__str__(getattr(stage, "value", stage))
    if name not in TIMED_STAGES:
        raise ValueError(f"Timer: there is no stage {stage!r}; there are {', '.join(TIMED_STAGES)}")
    return name
