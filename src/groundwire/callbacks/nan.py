"""The end of a run whose training loss is not a number any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from groundwire.callbacks.base import TrainerCallback
from groundwire.callbacks.watching import processes_of
from groundwire.errors import NonFiniteLossError

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["TerminateOnNaNCallback"]


class TerminateOnNaNCallback(TrainerCallback):
    """Ends a run whose training loss became NaN or infinite.

    The losses are looked at together at the end of each training epoch, before the evaluation and
    before any checkpoint, so that no batch waits for the device. To know it at once call
    :meth:`check_for_nan_after_batch` in an ``on_train_step_end`` of your own.
    """

    _epoch: int = 1

    def on_train_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Remember the epoch, for :meth:`check_for_nan_after_batch`."""
        self._epoch = trainer.run_history.current_epoch

    def on_train_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Look at the losses of the epoch.

        Raises:
            NonFiniteLossError: One of them was NaN or infinite, in this process or in another.
        """
        first = _earliest(trainer, trainer._loss_tracker.first_non_finite)
        if first is not None:
            raise NonFiniteLossError(epoch=trainer.run_history.current_epoch, step=first)

    def check_for_nan_after_batch(self, batch_output: Mapping[str, Any], step: int | None = None) -> None:
        """Look at the loss of one batch; this waits for the device.

        Args:
            batch_output: What ``calculate_train_batch_loss`` returned.
            step: The batch of the epoch, from 0, for the message.

        Raises:
            NonFiniteLossError: The loss is NaN or infinite.
        """
        if not torch.isfinite(torch.as_tensor(batch_output["loss"])).all():
            raise NonFiniteLossError(epoch=self._epoch, step=0 if step is None else step)


def _earliest(trainer: Trainer, first: int | None) -> int | None:
    """The earliest batch over all processes: they end together, or one would wait for the others for ever."""
    if processes_of(trainer) == 1:
        return first
    own = torch.tensor([-1 if first is None else first], device=trainer.device)
    steps = [step for step in trainer._accelerator.gather(own).tolist() if step >= 0]
    return min(steps, default=None)
