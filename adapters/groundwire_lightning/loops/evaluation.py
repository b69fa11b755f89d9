"""Lightning's evaluation: one loop for validation, its check before training, and test; prediction beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from groundwire_lightning.data.dataloader_iter import Reader
from groundwire_lightning.data.feed import Announced, Feed, stray_stop_iteration
from groundwire_lightning.loops.parity import is_as_in_lightning_1
from groundwire_lightning.loops.progress import Count
from groundwire_lightning.loops.reading_steps import steps_of_evaluation

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

Noting = Callable[[Iterator[Any], Any], Iterator[Any]]


def sanity_check(trainer: Steered) -> None:
    """A few validation batches before the first training batch; all that they logged is forgotten."""
    trainer.sanity_checking = True
    trainer.plan._run_sanity_evaluation()
    trainer.sanity_checking = False
    trainer.progress.forget_validation()
    trainer.logged.forget()


def validate_within_epoch(trainer: Steered) -> None:
    """A validation between two training batches, which leaves phase, modes and loss as they were."""
    # between two updates the gradients so far are still needed
    if trainer.at.is_update or is_as_in_lightning_1(trainer):  # which lost them
        trainer.at.phase = "eval"  # on_validation_model_zero_grad belongs to the validation
        trainer.plan._make_room_for_evaluation()
        trainer.at.phase = "train"
    with evaluating(trainer):
        trainer.load_evaluation_data()
        trainer.plan._run_eval_epoch(trainer._eval_dataloader, True, False)


def evaluation_run(trainer: Steered) -> None:
    """A validation or a test by itself."""
    plan = trainer.plan
    trainer.lightning_module.zero_grad()
    plan.evaluation_run_start()
    plan.on_evaluation_run_start()
    with evaluating(trainer):
        trainer.load_evaluation_data()
        plan._run_eval_epoch(trainer._eval_dataloader, False, False)
    plan.evaluation_run_end()
    plan.on_evaluation_run_end()


def evaluation(trainer: Steered, feed: Feed) -> None:
    """Every batch once, without gradients."""
    plan, at, logged, progress = trainer.plan, trainer.at, trainer.logged, trainer.progress
    tells, preemption = trainer._tells_loader, trainer._preemption
    with modes_kept(trainer):
        progress.enter_validation()
        if trainer._is_fitting:
            trainer._has_validated = False  # a ModelCheckpoint asks whether this epoch has a validation behind it
        trainer.notice_replaced()
        plan.eval_epoch_start()
        plan.on_eval_epoch_start(False)
        trainer.notice_replaced()  # a callback that is no module of ours may have set a hook, and tells nobody
        broke_off = 0
        for batch in batches_of_evaluation(trainer, feed):
            progress.val_batch.ready, progress.val_is_last = progress.val_batch.ready + 1, feed.is_last
            logged.batch_starts(batch, at.loader if tells else None)
            try:
                plan._run_eval_step(batch, at.eval_step)
            except StopIteration as end:
                if trainer.eval_reader is None:
                    raise stray_stop_iteration(f"{trainer._phase.step}, or a hook around it,") from end
                broke_off = 1  # a step that reads batches itself found none
                break
            logged.batch_ends()
            if preemption.is_due:
                preemption.heed(trainer, ends=not feed.is_last)
        else:
            check_pass(trainer, feed)
        # while batches are used only those that are ready are counted: the other counters follow at once
        seen = progress.val_batch.ready
        progress.val_batch = Count(seen, seen, seen - broke_off, seen - broke_off)
        if trainer._is_fitting:
            trainer._has_validated = seen > 0 and not trainer.sanity_checking
        logged.epoch_ends()  # before the hooks, which read values that are reduced over the epoch
        plan.eval_epoch_end()
        logged.evaluated()  # between the module's hook, which may still log, and the callbacks, which monitor
        if not trainer.sanity_checking:
            trainer._add_epoch_loss_to_run_history("eval_loss_epoch")
        plan.on_eval_epoch_end(False)
        trainer.notice_replaced()
        plan._leave_eval_mode()
        # read at the end: val_check_interval as a time counts from one validation's end to the next one's start
        trainer._last_val_time = time.monotonic()


def batches_of_evaluation(trainer: Steered, feed: Feed, noting: Noting | None = None) -> Iterable[Any]:
    """The batches of a pass as hooks see them; before steps that read batches themselves, one for each step."""
    if isinstance(feed, Reader):
        return steps_of_evaluation(trainer, feed)
    batches = announced_of_evaluation(trainer, feed)
    return trainer._on_device(Announced(feed, batches if noting is None else noting(batches, trainer.at)))


def check_pass(trainer: Steered, feed: Feed) -> None:
    """Look at the end of a pass over the loaders of an evaluation or a prediction.

    Raises:
        RuntimeError: A hook that changes batches raised StopIteration.
    """
    if not isinstance(feed, Reader) and not feed.is_over:
        raise stray_stop_iteration(f"a hook that changes or moves the batches of the {trainer._phase.loader}")


def announced_of_evaluation(trainer: Steered, feed: Feed) -> Iterator[Any]:
    """The batches of a feed, each after it is known where it comes from, and whether that is another loader."""
    at, before = trainer.at, 0
    for batch, at.eval_step, at.loader in feed:
        if at.loader != before and at.phase == "eval":
            trainer.logged.loader_ends()
        before = at.loader
        yield batch
    at.loader = 0  # transfer hooks of training are passed it too


@contextmanager
def evaluating(trainer: Steered, phase: Any = "eval") -> Iterator[None]:
    """Switch gradients off; outside of ``fit`` inference mode is on too, unless the Trainer's argument says no.

    Within ``fit`` it would leave inference tensors behind, which no later backward pass may use.
    """
    outer, trainer.at.phase = trainer.at.phase, phase
    with torch.no_grad() if trainer._is_fitting or not trainer.inference_mode else torch.inference_mode():
        yield
    trainer.at.phase = outer


@contextmanager
def modes_kept(trainer: Steered) -> Iterator[None]:
    """Note the mode of each part of the module, for :func:`restore_modes`; an evaluation may run within another."""
    outer = trainer._modes
    trainer._modes = {name: part.training for name, part in trainer.lightning_module.named_modules()}
    try:
        yield
    finally:
        trainer._modes = outer


def restore_modes(trainer: Steered) -> None:
    """Give each part of the module the mode that it had; a part that is new keeps the one it has."""
    for name, part in trainer.lightning_module.named_modules():
        part.training = trainer._modes.get(name, part.training)
