"""A bar that shows how far an epoch is."""

from __future__ import annotations

import sys
from typing import Any

from groundwire.callbacks.base import TrainerCallback


class ProgressBarCallback(TrainerCallback):
    """A tqdm bar for every epoch, in the main process of each machine.

    It counts batches and reads no tensor. A terminal sees a few refreshes a second, a log file one
    every ten seconds.
    """

    def __init__(self) -> None:
        self._bars: list[Any] = []

    def on_train_epoch_start(self, trainer: Any, **kwargs: Any) -> None:
        """Open a bar."""
        self._open(trainer, trainer._train_dataloader)

    def on_train_step_end(self, trainer: Any, batch: Any, batch_output: Any, **kwargs: Any) -> None:
        """Count a batch."""
        if self._bars:
            self._bars[-1].update()

    def on_train_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """Close the bar."""
        self._close()

    def on_eval_epoch_start(self, trainer: Any, **kwargs: Any) -> None:
        """Open a bar, below that of a training epoch where one is under way."""
        self._open(trainer, trainer._eval_dataloader)

    def on_eval_step_end(self, trainer: Any, batch: Any, batch_output: Any, **kwargs: Any) -> None:
        """Count a batch."""
        if self._bars:
            self._bars[-1].update()

    def on_eval_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """Close the bar."""
        self._close()

    def on_stop_training_error(self, trainer: Any, **kwargs: Any) -> None:
        """Close the bars of an epoch that was left early."""
        self._close_all()

    def on_exception(self, trainer: Any, **kwargs: Any) -> None:
        """Close the bars, so that a traceback starts on a line of its own."""
        self._close_all()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_bars": []}

    def _open(self, trainer: Any, loader: Any) -> None:
        from tqdm.auto import tqdm

        self._bars.append(
            tqdm(
                total=_length(loader),
                disable=not trainer.run_config.is_local_process_zero,
                leave=not self._bars,
                mininterval=0.25 if sys.stderr.isatty() else 10.0,
                dynamic_ncols=True,
            )
        )

    def _close(self) -> None:
        if self._bars:
            self._bars.pop().close()

    def _close_all(self) -> None:
        while self._bars:
            self._close()


def _length(loader: Any) -> int | None:
    try:
        return len(loader)
    except TypeError:
        return None
