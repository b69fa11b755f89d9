"""Evaluation within an epoch, every so many training batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.base import TrainerCallback
from groundwire.checks import whole

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["StepBasedEvaluationCallback"]


class StepBasedEvaluationCallback(TrainerCallback):
    """Evaluates after every so many training batches of an epoch, and trains on as before.

    The batch that makes an evaluation due has been trained on by then: where it completes an update,
    the updated weights are evaluated. The mean loss of each such evaluation is recorded as
    ``intermediate_eval_loss``. Batches are counted from the start of each epoch; one due after the last
    batch comes before the evaluation of the epoch. To read only some batches each time, add a
    :class:`~groundwire.callbacks.LimitEvalStepsCallback`.

    Args:
        eval_every_n_steps: How many batches, at least 1.

    Raises:
        TypeError: ``eval_every_n_steps`` is not a whole number.
        ValueError: ``eval_every_n_steps`` is below 1.
    """

    def __init__(self, eval_every_n_steps: int) -> None:
        self.eval_every_n_steps = whole("eval_every_n_steps", eval_every_n_steps)
        self._evaluated = 0

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Look whether there is something to evaluate on.

        Raises:
            ValueError: There is not.
        """
        if trainer._eval_dataloader is None:
            raise ValueError(
                f"{type(self).__name__} evaluates every {self.eval_every_n_steps} steps, and the run has no "
                "eval_dataset: give one to train()"
            )

    def on_train_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Count the batches of an epoch from its start."""
        self._evaluated = 0

    def on_train_update_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Evaluate, if the batch that completed the update makes it due."""
        self._evaluate_if_due(trainer, kwargs["step"] + 1)

    def on_train_step_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Evaluate what the batch before this one made due, where it did not complete an update."""
        self._evaluate_if_due(trainer, kwargs["step"])

    def state_dict(self) -> dict[str, Any]:
        """The batch that it evaluated after last, which has to survive a resume within an epoch."""
        return {"evaluated": self._evaluated}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""
        self._evaluated = state_dict["evaluated"]

    def _evaluate_if_due(self, trainer: Trainer, batches: int) -> None:
        if not batches or batches % self.eval_every_n_steps or batches == self._evaluated:
            return
        self._evaluated = batches
        modes = [(module, module.training) for module in trainer.model.modules()]
        trainer.plan._run_eval_epoch(trainer._eval_dataloader, True, True)
        for module, was_training in modes:  # layers that are frozen in eval mode stay so
            module.training = was_training
