"""Lightning's order: how a run is assembled, and what ``fit`` does in a run, an epoch and a step.

The hooks are the documented ones, called through the plan as in ``groundwire/loop.py``; what differs
is their order. Validation runs inside the training epoch, gradients are cleared between forward and
backward, and loaders are asked for when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import torch

from groundwire import NonFiniteLossError, StopTrainingError
from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.step_outputs import EpochSkipped
from groundwire_lightning.data.dataloader_iter import Reader
from groundwire_lightning.data.feed import Announced, Feed, stray_stop_iteration, tell_epoch
from groundwire_lightning.errors import PossibleUserWarning
from groundwire_lightning.loops import resume
from groundwire_lightning.loops.evaluation import sanity_check, validate_within_epoch
from groundwire_lightning.loops.limits import (
    has_enough_steps,
    is_done,
    is_epoch_done,
    should_validate,
    validates_in_epoch,
)
from groundwire_lightning.loops.reading_steps import steps_of_epoch
from groundwire_lightning.loops.steps import end_of_step, move_schedulers, window, without_batch
from groundwire_lightning.utilities.seed import isolate_rng

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


def assembly(trainer: Steered) -> None:
    """Model on its device, then the optimizer; loaders come when the run asks for them."""
    plan = trainer.plan
    trainer.notice_replaced()  # setup() and configure_model() may have set hooks
    trainer.restore_module()  # before configure_optimizers, which may look at the weights
    trainer._forget_logged()
    trainer.precision_plugin.convert_module(trainer.lightning_module).to(trainer.device)
    if trainer._is_fitting:
        trainer.optimizer = plan._create_optimizer()
    plan._prepare_model_optimizer_and_dataloaders()
    trainer.describe_run()
    trainer.scheduler = plan.create_scheduler()


def training_run(trainer: Steered) -> None:
    """The sanity check, then training."""
    trainer.notice_replaced()
    trainer.restore_training()
    trainer.lightning_module.zero_grad()  # a run before this one may have left gradients
    if checks_sanity(trainer):
        with isolate_rng():  # training draws the same numbers with the check and without it
            sanity_check(trainer)
    train(trainer)


def checks_sanity(trainer: Steered) -> bool:
    """True where a few validation batches come before the first training batch."""
    if not (trainer.enable_validation and trainer.num_sanity_val_steps):
        return False
    # a run that is taken up in an epoch may be within a validation, whose counters a check would overwrite
    return trainer.restart is None or not trainer.restart.in_epoch


def train(trainer: Steered) -> None:
    """Epochs until there are enough, or steps, or somebody stops the run."""
    plan = trainer.plan
    # the loader's first iterator draws a random number, before that of validation does: the order is Lightning's
    trainer.load_training_data()
    trainer.to_loggers.warn_if_seldom()
    if is_done(trainer):  # asked before any hook: then not even on_train_start runs
        return
    torch.set_grad_enabled(True)  # a generator under no_grad() that is not used up leaves them off for all that follows
    if trainer.restart is not None:
        resume.enter_run(trainer, trainer.restart)
    stopped: StopTrainingError | None = None
    try:
        if validates_in_epoch(trainer) and trainer._eval_dataloader is None:
            trainer.load_evaluation_data()
        warn_of_eval_mode(trainer.lightning_module)
        plan.training_run_start()
        plan.on_training_run_start()
        trainer.notice_replaced()
        while not is_done(trainer):
            epoch(trainer)
    except StopTrainingError as error:
        stopped = error
        plan.on_stop_training_error(error)
        trainer.print(error)
    # a native callback that stops a run still hears of its end; only then is an error raised
    plan.training_run_end()
    plan.on_training_run_end()
    if isinstance(stopped, NonFiniteLossError):
        raise stopped


def warn_of_eval_mode(module: Any) -> None:
    """Say that parts of a module are in eval mode as training begins, where they are."""
    still = [name for name, part in module.named_modules() if not part.training]
    if still:
        rank_zero_warn(
            f"{len(still)} parts of {type(module).__qualname__} are in eval mode as training begins, {still[0]!r} first"
            "; train() puts them in train mode, if that is not meant",
            PossibleUserWarning,
        )


def epoch(trainer: Steered) -> None:
    """Training with the validation inside it, and the end of the epoch."""
    plan, at = trainer.plan, trainer.at
    trainer.load_training_data()  # anew, where reload_dataloaders_every_n_epochs says so
    at.epoch = trainer.progress.epochs + 1
    tell_epoch(trainer._train_dataloader, trainer.progress.processed)
    plan._run_train_epoch(trainer._train_dataloader)
    trainer.progress.epochs += 1
    trainer.restart = None  # taken up is one epoch; the next begins as usual
    plan.training_run_epoch_end()
    plan.on_training_run_epoch_end()
    trainer.run_history._increment_epoch()
    if trainer._preemption.is_due:
        trainer._preemption.heed(trainer, ends=True)
    trainer.notice_replaced()


def train_epoch(trainer: Steered) -> None:
    """Every training batch once, with the validations that are due among them."""
    plan, at, logged, progress = trainer.plan, trainer.at, trainer.logged, trainer.progress
    preemption = trainer._preemption
    at.phase = "train"
    feed = start_of_epoch(trainer)
    validates = validates_in_epoch(trainer)
    # a hook at the start may have asked to stop, and an epoch that is taken up may have no batch left
    is_over = (trainer.restart is not None and resume.is_epoch_over(trainer)) or is_epoch_done(trainer)
    batches = () if is_over else batches_of_epoch(trainer, feed)
    for batch in batches:
        progress.ready += 1
        progress.batches += 1
        at.window = size = trainer.accumulate_grad_batches
        at.is_update = progress.is_last or progress.ready % size == 0
        if size > 1 and (progress.is_last or trainer.numerics == "exact"):
            at.window = window(trainer)  # an update behind the last batch comes in any case, so it may be short
        logged.batch_starts(batch)
        try:
            if batch is None and trainer.reader is None:
                without_batch(trainer)
            else:
                plan._run_train_step(batch, at.step)
        except EpochSkipped:
            # as in Lightning, an epoch whose rest is skipped is over: schedulers of steps and of epochs move on
            progress.is_last = at.is_update = True
            trainer.reader = None
            end_of_step(trainer, at.step, updates=False)
            break
        except StopIteration as end:  # of the program's own; in Lightning it ends the epoch without a word
            if trainer.reader is None:
                raise stray_stop_iteration("training_step, or a hook around it,") from end
            break  # a step that reads batches itself found none
        if logged.sink is not None:
            logged.sink.batch_ends(logged)
        progress.batch.completed = progress.ready  # before the validation, in which a checkpoint may be written
        if validates and should_validate(trainer):
            validate_within_epoch(trainer)
        if at.is_update and trainer.lr_scheduler_configs:
            move_schedulers(trainer, "step", plateau=True)  # behind the validation, which logs what these monitor
        progress.stepped += at.is_update
        if trainer.should_stop:
            trainer.to_loggers.save()
        if preemption.is_due:
            preemption.heed(trainer, ends=not (progress.is_last or has_enough_steps(trainer)))
        # who is not to stop and has no limit of steps goes on to the end of the feed without being asked
        if (trainer.should_stop or trainer.max_steps != -1) and is_epoch_done(trainer):
            break
    else:  # the feed came to its end
        if batches and trainer.reader is None:
            feed.check(progress.ready, "train_dataloader")
    end_of_epoch(trainer)


def start_of_epoch(trainer: Steered) -> Feed:
    """The hooks at the start of an epoch, its counters and its batches; of one that is taken up, what is left."""
    plan, progress, restart = trainer.plan, trainer.progress, trainer.restart
    if restart is None or restart.begins_epoch:
        # a checkpoint that was written as an epoch began has counted it as ready
        progress.epochs_ready += restart is None or restart.epoch != "epoch start"
        plan.train_epoch_start()
        trainer._loss_tracker.reset()
        plan.on_train_epoch_start()
        progress.epochs_started += 1
        trainer.notice_replaced()
    trainer.choose_way()  # behind on_train_epoch_start, which may change optimizers or automatic_optimization
    trainer.reader = None
    if restart is None:
        progress.enter_epoch()
        return trainer.training_feed()
    resume.enter_epoch(trainer, restart)
    feed = trainer.training_feed()
    if resume.is_epoch_over(trainer):
        return feed
    # the end of the batch that the checkpoint was written in, as train_epoch goes through it
    if resume.first_batch_is_over(trainer, restart, feed):
        if restart.in_validation:
            validate_within_epoch(trainer)
        if trainer.at.is_update:
            move_schedulers(trainer, "step", plateau=True)
            progress.stepped += 1
    return feed


def batches_of_epoch(trainer: Steered, feed: Feed) -> Iterable[Any]:
    """The batches of an epoch as hooks see them; before steps that read batches themselves, one for each step."""
    trainer.reader = feed if isinstance(feed, Reader) else None
    if trainer.reader is not None:
        return steps_of_epoch(trainer, trainer.reader)
    return trainer._on_device(Announced(feed, announced_of_epoch(trainer, feed)))


def announced_of_epoch(trainer: Steered, feed: Feed) -> Iterator[Any]:
    """The batches of a feed, each after its number is known, and whether it is the last."""
    at, progress = trainer.at, trainer.progress
    # put down before the batch is moved to the device, since the hooks around that may ask
    for batch, at.step, _ in feed:
        progress.is_last = feed.is_last
        yield batch


def end_of_epoch(trainer: Steered) -> None:
    """The hooks at the end of an epoch, schedulers that wait for a metric, and the epoch's values."""
    plan = trainer.plan
    trainer.logged.epoch_ends()  # before the hooks, which monitor values that are reduced over the epoch
    trainer.progress.processed += 1
    plan.train_epoch_end()
    trainer._add_epoch_loss_to_run_history("train_loss_epoch")
    plan.on_train_epoch_end()
    trainer.logged.refresh()  # what these hooks logged, a scheduler may monitor
    restart = trainer.restart
    is_taken_up = restart is not None and restart.in_epoch
    # an epoch that was taken up moves none of these, as in Lightning; Lightning 1 moved on the others once more
    if trainer.progress.is_last and (not is_taken_up or (restart is not None and restart.of_lightning_1)):
        move_schedulers(trainer, "epoch", plateau=not is_taken_up)
    trainer.record(trainer.logged.take())
