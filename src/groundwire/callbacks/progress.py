"""A bar on the terminal for each pass over data."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.base import TrainerCallback
from groundwire.data.loaders import length_of
from groundwire.measured.time_ledger import clock

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["ProgressBarCallback"]

SECONDS_ON_SCREEN = 0.25
SECONDS_IN_A_FILE = 10.0


class ProgressBarCallback(TrainerCallback):
    """Shows a bar for each training epoch, evaluation and prediction run, on the main process of a machine.

    It counts batches and never reads a tensor. An evaluation within a training epoch has a bar below
    that of the epoch. Output that is not a terminal gets a line every ten seconds at most.
    """

    _bars: tuple[Any, ...] = ()  # none yet for a callback that joined within the epoch

    def on_train_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Open the bar of a training epoch."""
        self._close_all()
        self._open(trainer, trainer._train_dataloader, "train")

    def on_train_step_end(self, trainer: Trainer, batch: Any, batch_output: Any, **kwargs: Any) -> None:
        """Count a training batch."""
        if self._bars and self._bars[-1].update():
            self._show(trainer)

    def on_train_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Close the bar of the epoch."""
        self._close()

    def on_eval_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Open the bar of an evaluation."""
        self._open(trainer, trainer._eval_dataloader, "eval")

    def on_eval_step_end(self, trainer: Trainer, batch: Any, batch_output: Any, **kwargs: Any) -> None:
        """Count an evaluation batch."""
        if self._bars and self._bars[-1].update():
            self._show(trainer)

    def on_eval_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Close the bar of the evaluation."""
        self._close()

    def on_prediction_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Open the bar of a prediction run."""
        self._open(trainer, trainer._eval_dataloader, "predict")

    def on_prediction_step_end(self, trainer: Trainer, batch: Any, predictions: Any, **kwargs: Any) -> None:
        """Count a predicted batch."""
        if self._bars and self._bars[-1].update():
            self._show(trainer)

    def on_prediction_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Close the bar of the prediction run."""
        self._close()

    def on_stop_training_error(self, trainer: Trainer, **kwargs: Any) -> None:
        """Close the bars of what was cut short."""
        self._close_all()

    def on_exception(self, trainer: Trainer, **kwargs: Any) -> None:
        """Close the bars of what failed."""
        self._close_all()

    def _open(self, trainer: Trainer, dataloader: Any, what: str) -> None:
        # a notebook is no terminal, and yet draws bars
        on_screen = sys.stderr.isatty() or "ipykernel" in sys.modules
        options = {
            "total": length_of(dataloader),
            "desc": what,
            "unit": "batch",
            "leave": not self._bars,
            "mininterval": SECONDS_ON_SCREEN if on_screen else SECONDS_IN_A_FILE,
            "disable": not getattr(getattr(trainer, "_accelerator", None), "is_local_main_process", True),
        }
        bar = _bar(options) if on_screen or options["disable"] else _LateBar(options)
        self._bars = (*self._bars, bar)

    def shown(self, trainer: Trainer) -> Mapping[str, Any]:
        """Values to show beside the bar; override it to show some. Called only when the bar is drawn anew.

        Args:
            trainer: The Trainer.

        Returns:
            Name to what is shown.
        """
        return {}

    def _show(self, trainer: Trainer) -> None:
        if shown := self.shown(trainer):
            self._bars[-1].set_postfix(shown, refresh=False)

    def _close(self) -> None:
        if self._bars:
            *outer, bar = self._bars
            self._bars = tuple(outer)
            bar.close()

    def _close_all(self) -> None:
        while self._bars:
            self._close()


class _LateBar:
    """A bar that is made when its first line is due: most passes are over by then, and a bar is dear to make.

    Args:
        options: What it is made with.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._began = clock()
        self._due = self._began + options["mininterval"]
        self._count = 0
        self._bar: Any = None

    def update(self) -> bool | None:
        """Count a batch; True where a line was written."""
        if self._bar is not None:
            return self._bar.update()  # type: ignore[no-any-return]
        self._count += 1
        return self._start() if clock() >= self._due else None

    def set_postfix(self, shown: Mapping[str, Any], refresh: bool) -> None:
        """Show something beside the bar; asked for after a line was written, so that there is one."""
        self._bar.set_postfix(shown, refresh=refresh)

    def close(self) -> None:
        """Write the last line, where there was a first."""
        if self._bar is not None:
            self._bar.close()

    def _start(self) -> bool | None:
        self._bar = bar = _bar({**self._options, "delay": self._options["mininterval"]})
        late = clock() - self._began  # tqdm takes its speed from the time at which it was constructed
        bar.start_t -= late
        bar.last_print_t -= late
        return bar.update(self._count)  # type: ignore[no-any-return]


def _bar(options: Mapping[str, Any]) -> Any:
    from tqdm import tqdm

    return tqdm(**options)
