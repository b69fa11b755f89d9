"""The path of a batch: run, epoch, step and evaluation, read from top to bottom.

What can be overridden or listened to is called through the plan; the loop looks nothing up by name, reads no
tensor and sets nothing on the Trainer. Where a run is stands in ``trainer.at``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import torch

from groundwire.data.loaders import promised_length
from groundwire.errors import GroundwireError, NonFiniteLossError, StopTrainingError
from groundwire.measured.predictions import on_cpu
from groundwire.measured.time_ledger import ACCOUNTS, EpochTime, clock

if TYPE_CHECKING:
    from groundwire.run_state import RunState
    from groundwire.running import Running


def training_run(trainer: Running) -> None:
    """Epochs until there are enough, or updates, or somebody stops the run; then its end, in order."""
    plan, at, config = trainer.plan, trainer.at, trainer.run_config
    stopped: StopTrainingError | None = None
    try:
        trainer.optimizer.zero_grad()  # a run before this one may have left gradients
        plan.training_run_start()
        plan.on_training_run_start()
        plan._run_sanity_evaluation()
        trainer._take_up_run()  # behind the hooks and the sanity check, which draw random numbers of their own
        while at.ahead != "epoch" or (at.epoch < config.num_epochs and at.update < most_updates(trainer)):
            training_run_epoch(trainer)
    except StopTrainingError as error:
        stopped, at.phase = error, "idle"
        plan.on_stop_training_error(error)
        if not isinstance(error, NonFiniteLossError):  # which is raised, and so is shown then
            trainer.print(error)
    at.phase = "idle"
    plan.training_run_end()
    plan.on_training_run_end()
    if isinstance(stopped, NonFiniteLossError):
        raise stopped


def training_run_epoch(trainer: Running) -> None:
    """One epoch: training, then evaluation where there is data for it; a resumed one goes on with what is ahead."""
    plan, at = trainer.plan, trainer.at
    began, updates = clock(), at.update
    at.spent.clear()
    # at.ahead names what comes next, and is saved: a resumed epoch enters below where it was left
    if at.ahead == "epoch":
        at.epoch, at.ahead = at.epoch + 1, "train"
    if at.ahead == "train":
        plan._run_train_epoch(trainer._train_dataloader)
        at.ahead = "eval"
    if at.ahead == "eval" and trainer._eval_dataloader is not None:
        plan._make_room_for_evaluation()
        plan._run_eval_epoch(trainer._eval_dataloader, True, False)
    if at.ahead != "count":
        plan.training_run_epoch_end()
        at.ahead = "count"  # before the event, in which a checkpoint may be written: its listeners are not told twice
        plan.on_training_run_epoch_end()
    keep_time(trainer, clock() - began, at.update - updates)
    trainer.run_history._increment_epoch()
    at.ahead = "epoch"


def keep_time(trainer: Running, seconds: float, updates: int) -> None:
    """Put down in the run history where the time of an epoch went."""
    keep = getattr(trainer.run_history, "_keep_time", None)
    if callable(keep):
        spent = {name: getattr(trainer.at.spent, name) for name in (*ACCOUNTS, "samples")}
        keep(EpochTime(trainer.run_history.current_epoch, seconds, **spent, updates=updates))


def train_epoch(trainer: Running, train_dl: Iterable[Any]) -> None:
    """Every training batch once, or until the run has made as many updates as it may."""
    plan, at = trainer.plan, trainer.at
    at.phase = "train"
    if not at.done:  # an epoch that is taken up in its middle began before
        plan.train_epoch_start()
        trainer._loss_tracker.reset()
        plan.on_train_epoch_start()
    most = most_updates(trainer)
    batches = () if at.update >= most else trainer._in_order(train_dl)
    spent, ended = at.spent, clock()
    # numbered before they are moved, so that what changes batches knows where in the epoch it is
    for batch in trainer._on_device(in_windows(batches, at, trainer.run_config.gradient_accumulation_steps)):
        began, before = clock(), spent.total
        spent.data += began - ended
        # processes average their gradients in the backward pass that completes an update, once for all of its batches
        if at.is_update or not trainer.run_config.is_distributed:
            plan._run_train_step(batch, at.step)
        else:
            with trainer._accelerator.no_sync(trainer.model):
                plan._run_train_step(batch, at.step)
        ended = clock()
        spent.step += ended - began - (spent.total - before)  # less what was put on other accounts meanwhile
        spent.total = before + ended - began
        if at.update >= most:
            break
    plan.train_epoch_end()
    trainer._add_epoch_loss_to_run_history("train_loss_epoch")
    at.ahead, at.done = "eval", 0  # before the event, in which a checkpoint may be written
    plan.on_train_epoch_end()


def train_step(trainer: Running, batch: Any, step: int) -> Any:
    """Forward, loss and backward of a batch, and an update where it completes one."""
    plan = trainer.plan
    plan.on_train_step_start(step)
    batch_output = plan.calculate_train_batch_loss(batch)
    track(trainer, batch_output, "calculate_train_batch_loss")
    plan.on_train_step_end(batch, batch_output, step)
    plan.backward_step(share(trainer, batch_output))
    if trainer.at.is_update:
        update(trainer, step)
    else:  # in an update this is put down behind the optimizer, so that what is saved there is whole
        trainer.at.done = step + 1
    return batch_output


def track(trainer: Running, batch_output: Any, source: str) -> None:
    """Record the loss of a batch, or say what ``source`` should have returned."""
    try:
        loss, batch_size = batch_output["loss"], batch_output["batch_size"]
    except (KeyError, TypeError, IndexError) as error:
        got = (
            f"the keys {sorted(map(str, batch_output))}" if isinstance(batch_output, dict) else repr(type(batch_output))
        )
        raise GroundwireError(
            f"{type(trainer).__name__}.{source} returns a dictionary with 'loss', 'model_outputs' and 'batch_size'; "
            f"it returned {got}"
        ) from error
    trainer._update_loss_tracker(loss, batch_size)


def share(trainer: Running, batch_output: Any) -> Any:
    """Scale a batch's loss so that a window's gradients add up to its mean, by batches or by items."""
    loss, at = batch_output["loss"], trainer.at
    if "num_items_in_batch" in batch_output and (at.window > 1 or trainer.run_config.is_distributed):
        # how many items a window holds is known with its last batch: its gradients are divided then
        items = batch_output["num_items_in_batch"]
        at.items = items if at.items is None else at.items + items
        return loss * items
    return loss if at.window == 1 else loss / at.window


def update(trainer: Running, step: int) -> None:
    """One optimizer update from the gradients of a window."""
    plan, at, config = trainer.plan, trainer.at, trainer.run_config
    if at.items is not None:
        average_over_items(trainer)
    # what nobody asked for is not called: who overrides it relies on a limit to clip to, or on a scheduler
    clips = config.gradient_clip_value is not None or config.gradient_clip_norm is not None
    if clips or "_clip_gradients" in plan.wired:
        plan._clip_gradients()
    plan.optimizer_step()
    if trainer.scheduler is not None or "scheduler_step" in plan.wired:
        plan.scheduler_step()
    plan.optimizer_zero_grad()
    at.update += 1
    at.items, at.done = None, step + 1  # before the event, in which a checkpoint may be written
    plan.on_train_update_end(step)


def average_over_items(trainer: Running) -> None:
    """Divide the gradients of a window by the items that its losses were weighted with."""
    total = torch.as_tensor(trainer.at.items, device=trainer.device, dtype=torch.float32)
    # gradients are a mean over processes, so that they are divided by the mean number of items too
    total = trainer._accelerator.reduce(total, reduction="sum") / trainer._accelerator.num_processes
    for parameter in trainer.model.parameters():
        if parameter.grad is not None:
            parameter.grad.div_(total)


def evaluation_run(trainer: Running) -> None:
    """One evaluation epoch between a start and an end of its own."""
    plan = trainer.plan
    stopped: StopTrainingError | None = None
    try:
        plan.evaluation_run_start()
        plan.on_evaluation_run_start()
        plan._run_eval_epoch(trainer._eval_dataloader, False, False)
    except StopTrainingError as error:
        stopped = error
        plan.on_stop_training_error(error)
        if not isinstance(error, NonFiniteLossError):
            trainer.print(error)
    plan.evaluation_run_end()
    plan.on_evaluation_run_end()
    if isinstance(stopped, NonFiniteLossError):
        raise stopped


def eval_epoch(trainer: Running, valid_dl: Iterable[Any], is_training: bool, is_intermediate: bool) -> None:
    """Every evaluation batch once, without gradients; may run inside a training epoch."""
    plan, at = trainer.plan, trainer.at
    outer, at.phase = at.phase, "eval"
    plan.eval_epoch_start()
    plan.on_eval_epoch_start(is_intermediate)
    batches = trainer._on_device(valid_dl)
    with torch.no_grad():
        for at.eval_step, batch in numbered(batches, shared=trainer.run_config.is_distributed):
            plan._run_eval_step(batch, at.eval_step)
    plan.eval_epoch_end()
    of_epoch = "eval_loss_epoch" if is_training else "evaluation_loss"
    trainer._add_epoch_loss_to_run_history("intermediate_eval_loss" if is_intermediate else of_epoch)
    if at.ahead == "eval":  # not of one in the middle of a training epoch, behind which that goes on
        at.ahead = "end"
    plan.on_eval_epoch_end(is_intermediate)
    plan._leave_eval_mode()
    at.phase = outer


def eval_step(trainer: Running, batch: Any, step: int) -> Any:
    """Forward and loss of an evaluation batch."""
    plan = trainer.plan
    plan.on_eval_step_start(step)
    batch_output = plan.calculate_eval_batch_loss(batch)
    track(trainer, batch_output, "calculate_eval_batch_loss")
    plan.on_eval_step_end(batch, batch_output, step)
    return batch_output


def prediction_run(trainer: Running) -> None:
    """Every batch once, without gradients; predictions are for listeners, and kept where they were asked for."""
    plan, at, wanted = trainer.plan, trainer.at, trainer._predictions
    at.phase = "predict"
    try:
        plan.prediction_run_start()
        plan.on_prediction_run_start()
        batches = trainer._on_device(trainer._eval_dataloader)
        with torch.no_grad():
            for at.eval_step, batch in numbered(batches, shared=trainer.run_config.is_distributed):
                predictions = plan._run_prediction_step(batch, at.eval_step)
                if wanted is not None:
                    wanted.append(on_cpu(predictions))
    except StopTrainingError as error:
        plan.on_stop_training_error(error)
        trainer.print(error)
    plan.prediction_run_end()
    plan.on_prediction_run_end()


def prediction_step(trainer: Running, batch: Any, step: int) -> Any:
    """Predictions of the model for a batch."""
    plan = trainer.plan
    plan.on_prediction_step_start(step)
    predictions = plan.calculate_predictions(batch)
    plan.on_prediction_step_end(batch, predictions, step)
    return predictions


def most_updates(trainer: Running) -> float:
    """The number of updates at which a run ends, if its epochs do not end it before."""
    limit = getattr(trainer._request, "max_num_train_steps", None)  # the configuration has one even if none was asked
    return math.inf if limit is None else limit


def numbered(batches: Iterable[Any], start: int = 0, shared: bool = False) -> Iterator[tuple[int, Any]]:
    """Number the batches from ``start``, and refuse data that has none, unless it is a share that may be empty."""
    step = start - 1
    for step, batch in enumerate(batches, start):  # read after the loop
        yield step, batch
    if step < 0 and not shared:
        raise GroundwireError(
            "the data gave no batch. A loader whose iterator was used up, a sampler without indices and drop_last "
            "with a batch size above the number of samples all look like this"
        )


def in_windows(batches: Iterable[Any], at: RunState, size: int) -> Iterator[Any]:
    """The batches, each after ``at`` was told its number and what update it belongs to.

    The last window of an epoch holds what is left and is averaged over that. Where the data does not promise a
    length, a window is fetched as a whole, so that its size is known before its first backward pass.
    """
    at.window, at.is_update = 1, True
    length = promised_length(batches) if size > 1 else None
    unread = numbered(batches, at.done)
    if size == 1:
        for at.step, batch in unread:
            yield batch
    elif length is not None:
        for at.step, batch in unread:
            at.window = min(size, length - at.step + at.step % size)
            at.is_update = (at.step + 1) % size == 0 or at.step + 1 == length
            yield batch
    else:
        while window := list(itertools.islice(unread, size)):
            at.window = len(window)
            for at.step, batch in window:
                at.is_update = at.step == window[-1][0]
                yield batch
