"""Events that a callback can listen to: one method for each of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire.errors import StopTrainingError

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["CallbackMethodNotImplementedError", "StopTrainingError", "TrainerCallback"]


class CallbackMethodNotImplementedError(NotImplementedError):
    """For a base class of callbacks to raise in an event that its subclasses have to write.

    groundwire raises it nowhere and catches it nowhere: it surfaces like any other error.
    """


class TrainerCallback:
    """Listens to a run; subclass it and write the events you need.

    What else an event knows comes by keyword; a method names what it uses and leaves the rest to
    ``**kwargs``. Events that a class does not write cost nothing. A callback of which ``on_…`` is set
    to ``None`` is deaf to that event.
    """

    def on_init_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """The Trainer has been constructed; a callback that joins later is not told."""

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """A training run has begun: model, optimizer, loaders and ``trainer.run_config`` are ready."""

    def on_train_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """A training epoch has begun."""

    def on_train_step_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """A training batch is about to be used; ``step`` is its number in the epoch, from 0."""

    def on_train_step_end(self, trainer: Trainer, batch: Any, batch_output: Any, **kwargs: Any) -> None:
        """The loss of a training batch is known; its backward pass has not run.

        Args:
            trainer: The Trainer.
            batch: What the loader gave.
            batch_output: What ``calculate_train_batch_loss`` returned.
            **kwargs: ``step``, the number of the batch in the epoch, from 0.
        """

    def on_train_update_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """The optimizer has updated the parameters; ``step`` is the batch that completed the update."""

    def on_train_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """A training epoch has ended and its loss is recorded; its evaluation has not begun."""

    def on_evaluation_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """``trainer.evaluate()`` has begun; not told within a training run."""

    def on_eval_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """An evaluation has begun; ``is_intermediate`` is True inside a training epoch."""

    def on_eval_step_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """An evaluation batch is about to be used; ``step`` is its number, from 0."""

    def on_eval_step_end(self, trainer: Trainer, batch: Any, batch_output: Any, **kwargs: Any) -> None:
        """The loss of an evaluation batch is known.

        Args:
            trainer: The Trainer.
            batch: What the loader gave.
            batch_output: What ``calculate_eval_batch_loss`` returned.
            **kwargs: ``step``, the number of the batch, from 0.
        """

    def on_eval_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """An evaluation has ended and its loss is recorded; ``is_intermediate`` as at its start."""

    def on_evaluation_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """``trainer.evaluate()`` has ended."""

    def on_training_run_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Training and evaluation of an epoch have ended."""

    def on_stop_training_error(self, trainer: Trainer, **kwargs: Any) -> None:
        """A StopTrainingError, passed as ``error``, ended the run early, in order."""

    def on_training_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """A training run has ended; told as well after a StopTrainingError."""

    def on_prediction_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """A prediction run has begun."""

    def on_prediction_step_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """A batch is about to be predicted; ``step`` is its number, from 0."""

    def on_prediction_step_end(self, trainer: Trainer, batch: Any, predictions: Any, **kwargs: Any) -> None:
        """The predictions of a batch are known.

        Args:
            trainer: The Trainer.
            batch: What the loader gave.
            predictions: What ``calculate_predictions`` returned.
            **kwargs: ``step``, the number of the batch, from 0.
        """

    def on_prediction_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """A prediction run has ended."""

    def on_exception(self, trainer: Trainer, **kwargs: Any) -> None:
        """An error other than StopTrainingError, passed as ``error``, leaves the run."""
