"""Taking up a fit where a checkpoint was written: the rest of the epoch that was under way.

The states are Lightning's own, told from the counters of its loops, and so is what follows from each,
where it is odd too: the numbers of a resumed run are to be those of Lightning's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.loops.limits import should_validate, validates_in_epoch
from groundwire_lightning.loops.progress import Count, Restart
from groundwire_lightning.utilities.combined_loader import has_state, parts_of

if TYPE_CHECKING:
    from groundwire_lightning.data.feed import Feed
    from groundwire_lightning.loops.progress import Progress
    from groundwire_lightning.loops.steered import Steered


def told_from(progress: Progress, by_steps: bool) -> Restart:
    """Tell from saved counters at which moment of an epoch and of a batch the run stopped.

    Each moment leaves its own gap between the counters, which are moved on one after the other.

    Args:
        progress: The counters of the checkpoint.
        by_steps: The trainer has a limit of steps.
    """
    ready, started, processed, done = (
        progress.epochs_ready,
        progress.epochs_started,
        progress.processed,
        progress.epochs,
    )
    # under a limit of steps Lightning goes on within the epoch, also where its counters look done
    unfinished = ready != processed or started != processed
    restart = Restart(in_epoch=unfinished or by_steps)
    if started == ready and processed == started and done == processed - 1:
        restart.epoch = "epoch end" if restart.in_epoch else "after the epoch"
    elif restart.in_epoch and started == ready - 1 and processed == started and done == processed:
        restart.epoch = "epoch start"
    elif restart.in_epoch and started == ready and processed == started - 1 and done == processed:
        restart.epoch = "mid-epoch"
    total = _total(progress)
    if restart.in_epoch and total.ready == total.started == total.processed:
        restart.batch = {0: "after it", 1: "batch end"}.get(total.processed - total.completed, "between")  # type: ignore[assignment]
    # Lightning's sign of a validation under way: one batch is begun and not processed
    val = progress.val_before.plus(progress.val_batch)
    restart.in_validation = (
        restart.in_epoch and val.started == val.ready and val.processed == val.started - 1 == val.completed
    )
    return restart


def enter_run(trainer: Steered, restart: Restart) -> None:
    """Count the epoch as done where only its last hooks were missing."""
    progress = trainer.progress
    # the checkpoint was written in on_train_batch_end of the last batch: nothing of its epoch is left
    at_batch_end = restart.batch == "batch end" and progress.is_last
    if restart.epoch == "epoch start":
        progress.epochs_started = progress.processed = progress.epochs
    elif restart.epoch == "after the epoch":
        progress.epochs += 1
    elif at_batch_end and restart.epoch == "mid-epoch":
        progress.processed += 1
        progress.epochs += 1
    if at_batch_end and restart.epoch != "mid-epoch" and not progress.val_is_last:
        progress.epochs += 1
    if trainer.max_steps == -1:  # with a limit of steps Lightning keeps the epoch that it stopped in
        progress.epochs = progress.processed


def enter_epoch(trainer: Steered, restart: Restart) -> None:
    """Set the counters of the epoch to where its first batch will be."""
    progress = trainer.progress
    # an update moves on the x-axis of loggers last, behind all that may write a checkpoint
    if restart.in_epoch and restart.batch != "after it" and not _accumulates(trainer):
        progress.stepped += 1
    if restart.batch == "batch end":
        progress.batch.completed += 1
        if progress.batch.completed >= trainer.num_training_batches:
            progress.enter_epoch()
    if not restart.in_epoch:
        progress.enter_epoch()
        return
    # batches that were begun and not completed are done again; the totals keep counting them
    total, done = _total(progress), progress.batch.completed
    progress.batch, progress.ready = Count(done, done, done, done), done
    progress.before = total.minus(progress.batch)
    _tell_of_repeated_data(trainer)


def is_epoch_over(trainer: Steered) -> bool:
    """True where nothing is left of the epoch for Lightning 1: it had begun the last batch, and validated before."""
    restart = trainer.restart
    if restart is None or not (restart.of_lightning_1 and restart.in_epoch and trainer.progress.is_last):
        return False
    return restart.validated >= len(trainer.num_val_batches) if validates_in_epoch(trainer) else True


def first_batch_is_over(trainer: Steered, restart: Restart, feed: Feed) -> bool:
    """Do what is left of the batch in use, if there is something; False where the next batch is due.

    Args:
        trainer: The trainer.
        restart: Where it is taken up.
        feed: The batches of the epoch, which begin behind those that are done.
    """
    progress = trainer.progress
    feed.begin_at(progress.ready, at_least_one=restart.in_epoch)
    if not restart.in_epoch:
        return False
    trainer.at.step = progress.ready - 1
    if validates_in_epoch(trainer) and should_validate(trainer):
        # the validation behind that batch was under way, or had not begun: it comes first
        if restart.in_validation or restart.batch == "after it":
            trainer.at.is_update = not _accumulates(trainer)
            feed.begin_at(progress.ready)
            return True
        trainer.load_evaluation_data()
        trainer.evaluation_feed()  # Lightning makes an iterator here, which draws a random number
        # otherwise it was over, and the counters of validation say so
        batches = trainer.num_val_batches
        if batches and not math.isinf(max(batches)):
            most = int(max(batches))
            progress.enter_validation()
            progress.val_batch, progress.val_is_last = Count(most, most, most, most), True
    return False


def _accumulates(trainer: Steered) -> bool:
    progress = trainer.progress
    is_final = progress.is_last or progress.ready == trainer.num_training_batches
    return progress.ready % trainer.accumulate_grad_batches != 0 and not is_final


def _total(progress: Progress) -> Count:
    batch = progress.batch
    return progress.before.plus(Count(progress.ready, batch.started, batch.processed, batch.completed))


def _tell_of_repeated_data(trainer: Steered) -> None:
    batches, loader = trainer.num_training_batches, trainer.train_dataloader
    if math.isinf(batches) or callable(getattr(loader, "load_state_dict", None)):
        return
    steps = math.ceil(batches / trainer.accumulate_grad_batches)
    if steps and trainer.global_step % steps:
        rank_zero_warn(
            "the run is taken up in the middle of an epoch, and its loader begins with its first batch again: some "
            "samples are seen twice and others not at all. Save at the end of an epoch, give the loader state_dict and "
            "load_state_dict, or train natively, where train(resume_from=...) goes on with the next sample"
        )


def give_loader_state(loader: Any, restart: Restart, states: list[Any]) -> None:
    """Put a training loader that keeps its place where it was.

    Args:
        loader: The loader.
        restart: Where the run is taken up.
        states: The states of loaders in a checkpoint.

    Raises:
        RuntimeError: There are more or fewer loaders with a state than were saved.
    """
    if not states or not restart.in_epoch:
        return
    stateful = [part for part in parts_of(loader) if has_state(part)]
    if len(stateful) != len(states):
        raise RuntimeError(
            f"the checkpoint holds the places of {len(states)} training loaders, and {len(stateful)} of those of this "
            "run keep theirs; give the loaders that it was written with"
        )
    for part, state in zip(stateful, states, strict=True):
        part.load_state_dict(state)
