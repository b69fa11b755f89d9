"""A run whose loss is no number any more ends."""

from __future__ import annotations

import math
from typing import Any

from groundwire.callbacks.base import TrainerCallback
from groundwire.errors import NonFiniteLossError


class TerminateOnNaNCallback(TrainerCallback):
    """Ends a run in order when a training loss was NaN or infinite, then raises ``NonFiniteLossError``.

    The check costs a step nothing: the loss tracker notes on the device which loss was the first,
    and this reads it at the end of a training epoch, before evaluation and checkpoints.
    """

    def on_train_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """End the run if a loss of this epoch was not finite."""
        self._check(trainer)

    def check_for_nan_after_batch(self, batch_output: dict[str, Any], step: int | None = None) -> None:
        """Look at one batch at once; for code that cannot wait for the end of the epoch.

        Args:
            batch_output: What ``calculate_train_batch_loss`` returned.
            step: Number of the batch in the epoch.

        Raises:
            NonFiniteLossError: Its loss is NaN or infinite.
        """
        if not math.isfinite(float(batch_output["loss"])):
            raise NonFiniteLossError(epoch=0, step=-1 if step is None else step)

    def _check(self, trainer: Any) -> None:
        step = trainer._loss_tracker.first_non_finite
        if step is not None:
            raise NonFiniteLossError(epoch=trainer.run_history.current_epoch, step=step)
