"""What a callback may listen to."""

from __future__ import annotations

from typing import Any

from groundwire.errors import StopTrainingError

__all__ = ["CallbackMethodNotImplementedError", "StopTrainingError", "TrainerCallback"]


class CallbackMethodNotImplementedError(NotImplementedError):
    """Kept for code that names it. A callback without a method is simply not called."""


class TrainerCallback:
    """Base of callbacks: override the events to listen to; the others cost nothing.

    Every event gets the Trainer, and by name what the moment gives besides; ``**kwargs`` takes what
    a callback has no use for. Raise :class:`StopTrainingError` anywhere to end the run in order.
    """

    def on_init_end(self, trainer: Any, **kwargs: Any) -> None:
        """The Trainer has been constructed."""

    def on_training_run_start(self, trainer: Any, **kwargs: Any) -> None:
        """A training run has begun."""

    def on_train_epoch_start(self, trainer: Any, **kwargs: Any) -> None:
        """A training epoch has begun."""

    def on_train_step_start(self, trainer: Any, **kwargs: Any) -> None:
        """A training batch is about to be used; ``step`` is its number in the epoch, from 0."""

    def on_train_step_end(self, trainer: Any, batch: Any, batch_output: Any, **kwargs: Any) -> None:
        """The loss of a training batch is known; the backward pass has not run.

        Args:
            trainer: The Trainer.
            batch: What the loader gave, on the device.
            batch_output: What ``calculate_train_batch_loss`` returned.
            **kwargs: ``step``.
        """

    def on_train_update_end(self, trainer: Any, **kwargs: Any) -> None:
        """Parameters, scheduler and gradients of an update are done; ``step`` is the batch that completed it."""

    def on_train_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """A training epoch has ended and its loss is recorded."""

    def on_evaluation_run_start(self, trainer: Any, **kwargs: Any) -> None:
        """An evaluation run has begun."""

    def on_eval_epoch_start(self, trainer: Any, **kwargs: Any) -> None:
        """An evaluation epoch has begun; ``is_intermediate`` inside a training epoch."""

    def on_eval_step_start(self, trainer: Any, **kwargs: Any) -> None:
        """An evaluation batch is about to be used; ``step`` is its number, from 0."""

    def on_eval_step_end(self, trainer: Any, batch: Any, batch_output: Any, **kwargs: Any) -> None:
        """The loss of an evaluation batch is known; arguments as in :meth:`on_train_step_end`."""

    def on_eval_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """An evaluation epoch has ended and its loss is recorded; ``is_intermediate`` inside a training epoch."""

    def on_evaluation_run_end(self, trainer: Any, **kwargs: Any) -> None:
        """An evaluation run has ended."""

    def on_training_run_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """Training and evaluation of an epoch have ended."""

    def on_stop_training_error(self, trainer: Any, **kwargs: Any) -> None:
        """A StopTrainingError, ``error``, ended the run early, in order."""

    def on_training_run_end(self, trainer: Any, **kwargs: Any) -> None:
        """A training run has ended."""

    def on_prediction_run_start(self, trainer: Any, **kwargs: Any) -> None:
        """A prediction run has begun."""

    def on_prediction_step_start(self, trainer: Any, **kwargs: Any) -> None:
        """A batch is about to be predicted; ``step`` is its number, from 0."""

    def on_prediction_step_end(self, trainer: Any, batch: Any, predictions: Any, **kwargs: Any) -> None:
        """The predictions of a batch are known."""

    def on_prediction_run_end(self, trainer: Any, **kwargs: Any) -> None:
        """A prediction run has ended."""

    def on_exception(self, trainer: Any, **kwargs: Any) -> None:
        """An ``error`` other than StopTrainingError leaves the run."""
