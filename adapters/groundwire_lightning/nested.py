"""The step where the optimizer evaluates its gradients itself, once or several times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.fit_order import after_step
from groundwire_lightning.outputs import check_loss
from groundwire_lightning.windows import reweigh

if TYPE_CHECKING:
    from groundwire_lightning.trainer.trainer import Trainer


class Closure:
    """Forward, loss and backward of a batch, whenever it is called.

    Attributes:
        batch_output: Of the last call; None before the first.
    """

    def __init__(self, trainer: Trainer, batch: Any, step: int) -> None:
        self._moment = trainer, batch, step
        self.batch_output: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The loss, without its graph; None where ``training_step`` returned none."""
        with torch.enable_grad():
            self.batch_output = forward_and_backward(*self._moment)
        loss = self.batch_output["loss"]
        return None if loss is None else (loss / self._moment[0].at.window).detach().clone()

    def check(self) -> None:
        """Refuse an update without gradients.

        Raises:
            MisconfigurationException: Nobody called this.
        """
        if self.batch_output is None:
            raise MisconfigurationException(
                "optimizer_step made no gradients: call optimizer.step(closure=optimizer_closure) in it, or "
                "optimizer_closure() by itself where the optimizer is not to step"
            )


def forward_and_backward(trainer: Trainer, batch: Any, step: int) -> Any:
    """Forward, loss and backward of a batch, in the order of ``fit_order.train_step``."""
    plan, at = trainer.plan, trainer.at
    batch_output = plan.calculate_train_batch_loss(batch)
    loss, scaler = batch_output["loss"], trainer.precision_plugin.scaler
    if loss is None:
        check_loss(batch_output)
    trainer._update_loss_tracker(loss, batch_output["batch_size"])
    plan.on_train_step_end(batch, batch_output, step)
    if step % trainer.accumulate_grad_batches == 0:
        plan.optimizer_zero_grad()
        trainer.progress.cleared += 1
    if loss is not None:
        loss = loss if at.window == 1 else loss / at.window
        plan.backward_step(loss if scaler is None else scaler.scale(loss))
    if at.is_update and trainer.progress.is_last and trainer.numerics == "exact":
        reweigh(trainer)
    return batch_output


def nested_step(trainer: Trainer, batch: Any, step: int) -> Any:
    """A batch whose forward and backward pass run within the optimizer's step, where it completes an update."""
    plan, at, progress = trainer.plan, trainer.at, trainer.progress
    progress.batch.started += 1
    if at.is_update:
        progress.steps_ready += 1
    plan.on_train_step_start(step)
    closure = Closure(trainer, batch, step)
    if at.is_update:
        with trainer._with_closure(closure):
            plan.optimizer_step()
        at.update += 1
        progress.steps += 1
        closure.check()
        plan.on_train_update_end(step)
    else:
        closure()
    after_step(trainer)
    return closure.batch_output
