"""The ways through a batch: update behind the gradients, around them, by the module's own hand, or with none.

All but the last two share :func:`forward_and_backward`, and all of them :func:`end_of_step`.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any

import torch

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.step_outputs import check_kind, check_loss
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loops import updates
from groundwire_lightning.loops.schedulers import due

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


def train_step(trainer: Steered, batch: Any, step: int) -> Any:
    """Forward, loss and backward of a batch, and an update where it completes one."""
    plan, at, progress = trainer.plan, trainer.at, trainer.progress
    progress.batch.started += 1
    if at.is_update:
        progress.steps_ready += 1
    plan.on_train_step_start(step)
    batch_output = forward_and_backward(trainer, batch, step)
    if at.is_update:
        plan._clip_gradients()
        plan.optimizer_step()
    end_of_step(trainer, step, updates=at.is_update)
    return batch_output


def nested_step(trainer: Steered, batch: Any, step: int) -> Any:
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
    else:
        closure()
    end_of_step(trainer, step, updates=at.is_update, closure=closure)
    return closure.batch_output


def step_by_hand(trainer: Steered, batch: Any, step: int) -> Any:
    """A batch of a module whose ``training_step`` makes its updates itself."""
    trainer.progress.batch.started += 1
    try:
        batch_output = updates.run_step_by_hand(trainer, batch, step)
    except StopIteration:
        if trainer.reader is None:
            raise
        batch_output = None  # a step that reads batches itself came to their end; its last updates count
    end_of_step(trainer, step, updates=False)  # each was counted as it was made
    return batch_output


def step_without_backward(trainer: Steered, batch: Any, step: int) -> Any:
    """A batch of a pass that only measures; its last batch makes an update with whatever gradients are left.

    That update is Lightning's, and no gain: with ``numerics="exact"`` there is none.
    """
    plan, at, progress = trainer.plan, trainer.at, trainer.progress
    progress.batch.started += 1
    at.is_update = at.is_update and trainer.numerics != "exact"  # put down, for schedulers read it too
    progress.steps_ready += at.is_update
    plan.on_train_step_start(step)
    batch_output = plan.calculate_train_batch_loss(batch)
    if batch_output["loss"] is None:
        check_kind(batch_output)
    trainer._update_loss_tracker(batch_output["loss"], batch_output["batch_size"])
    plan.on_train_step_end(batch, batch_output, step)
    if at.is_update:
        plan._clip_gradients()
        plan.optimizer_step()
    end_of_step(trainer, step, updates=at.is_update)
    return batch_output


def forward_and_backward(trainer: Steered, batch: Any, step: int) -> Any:
    """Forward, loss and backward of a batch, in an update or before it; returns its batch output."""
    plan, at, progress = trainer.plan, trainer.at, trainer.progress
    batch_output = plan.calculate_train_batch_loss(batch)
    loss = batch_output["loss"]
    if loss is None:
        check_loss(batch_output)
        trainer.tell_of_no_loss()
    else:
        trainer._loss_tracker.update(loss, batch_output["batch_size"])
    plan.on_train_step_end(batch, batch_output, step)
    # between forward and backward, as in Lightning: a training_step still sees the gradients of the update before
    if step % trainer.accumulate_grad_batches == 0:
        plan.optimizer_zero_grad()
        progress.cleared += 1
    if loss is not None:
        if at.window != 1:  # dividing by one would be an operation more, on each step
            loss = loss / at.window
        scaler = trainer.precision_plugin.scaler
        plan.backward_step(loss if scaler is None else scaler.scale(loss))
    # before clipping, which has to see the gradients that the update is made of
    if progress.is_last and at.is_update and trainer.numerics == "exact":
        reweigh(trainer)
    return batch_output


def end_of_step(trainer: Steered, step: int, updates: bool, closure: Closure | None = None) -> None:
    """Count the update that a step made, and move on the schedulers that need no metric.

    Args:
        trainer: Whose step it is.
        step: The number of its batch.
        updates: It made an update that is still to be counted.
        closure: Evaluates the gradients of an update that was made around them.
    """
    at, progress = trainer.at, trainer.progress
    if updates:
        at.update += 1
        progress.steps += 1
        if closure is not None:
            closure.check()  # behind the count: Lightning counts an update that then turns out to have no gradients
        trainer.plan.on_train_update_end(step)
    progress.batch.processed = progress.ready
    # those that wait for a metric are moved on behind the validation that may log it
    if trainer.lr_scheduler_configs:
        if at.is_update:
            move_schedulers(trainer, "step", plateau=False)
        if progress.is_last:
            move_schedulers(trainer, "epoch", plateau=False)


def without_batch(trainer: Steered) -> None:
    """Go past a batch that is None: no step, but counters and schedulers move on, as in Lightning."""
    end_of_step(trainer, trainer.at.step, updates=False)
    tell_of_no_batch(trainer)


def move_schedulers(trainer: Steered, interval: str, plateau: bool) -> None:
    """Move on the schedulers that are due, one after the other; those of a module that does so itself are not.

    Args:
        trainer: Whose schedulers.
        interval: ``"step"`` or ``"epoch"``: those that count these.
        plateau: True for those that wait for a metric, False for all others.
    """
    if trainer.way == "by hand" or not trainer.lr_scheduler_configs:
        return
    run = trainer._run  # written directly: a Trainer's name for a field of its run costs a call to set
    for scheduler, metric in due(trainer, interval, plateau):
        run.scheduler, run.monitored = scheduler, metric
        trainer.plan.scheduler_step()
        trainer.progress.moved += 1


class Closure:
    """Forward, loss and backward of a batch, whenever it is called.

    Attributes:
        batch_output: Of the last call; None before the first.
    """

    def __init__(self, trainer: Steered, batch: Any, step: int) -> None:
        self._moment = trainer, batch, step
        self.batch_output: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The loss, without its graph; None where ``training_step`` returned none."""
        with torch.enable_grad():  # torch's optimizers call it under no_grad
            self.batch_output = forward_and_backward(*self._moment)
        loss = self.batch_output["loss"]
        # Lightning hands the optimizer the divided loss, and a copy that nothing in place reaches later
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


def tell_of_no_batch(trainer: Steered) -> None:
    """Call what stands after a training step, with None for the batch and for what the step made of it.

    In Lightning ``on_train_batch_end`` is all that such a batch gets. Those rows are compiled behind a
    step into one function, so they are called here by themselves.
    """
    if not trainer.told_of_no_batch:
        trainer.told_of_no_batch = True
        rank_zero_warn(
            f"train_dataloader gave None as batch {trainer.at.step}: no step is made of such a batch; if that was "
            "meant, nothing is wrong"
        )
    step = trainer.plan.wired.get("_run_train_step")
    for attached in () if step is None else step.after:
        space = {**attached.values, "batch": None, "step": trainer.at.step, str(attached.row.moment.makes): None}
        named = {name.rpartition(".")[2]: _read(space, name) for name in attached.named}
        attached.method(*(_read(space, name) for name in attached.args), **named)


def _read(space: dict[str, Any], name: str) -> Any:
    root, *path = name.split(".")
    # the trainer would still make these of the batch before
    return None if name == "trainer.step_outputs" else reduce(getattr, path, space[root])


def window(trainer: Steered) -> int:
    """The divisor of the loss of the batch in use.

    Lightning divides by ``accumulate_grad_batches``, also in the last window of an epoch, which may
    hold fewer batches: their gradients come out too small. ``numerics="exact"`` divides by what the
    window holds.
    """
    size = trainer.accumulate_grad_batches
    if trainer.numerics == "exact":
        first = trainer.at.step - trainer.at.step % size
        return int(min(size, trainer.num_training_batches - first))
    if trainer.progress.is_last and trainer.progress.ready % size:
        _tell_once(trainer, trainer.progress.ready % size)
    return size


def reweigh(trainer: Steered) -> None:
    """Make the gradients of a short last window those of a mean over what it holds.

    For data without a length: that the window is the last one is not known before its last batch.
    """
    size = trainer.accumulate_grad_batches
    held = trainer.progress.ready % size
    if not held or not math.isinf(trainer.num_training_batches):
        return
    trainer.at.window = held  # outputs= of hooks after the step are divided by it
    for group in trainer.optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                parameter.grad.mul_(size / held)  # each loss was divided by the size


def _tell_once(trainer: Steered, held: int) -> None:
    if trainer.told_of_short_window:
        return
    trainer.told_of_short_window = True
    rank_zero_warn(
        f"accumulate_grad_batches={trainer.accumulate_grad_batches}: the last update of an epoch holds {held} batches, "
        f"and as in Lightning their loss is divided by {trainer.accumulate_grad_batches}. "
        "Trainer(numerics='exact') divides by what a window holds"
    )
