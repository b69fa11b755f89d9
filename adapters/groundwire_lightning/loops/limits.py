"""Limits of a fit, and moments to validate: what the Trainer's limits say of the batch or epoch under way."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException, PossibleUserWarning
from groundwire_lightning.utilities.console import tell

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Paced

log = logging.getLogger(__name__)

MOST_EPOCHS = 1000
"""Epochs where neither epochs nor steps are limited."""


def epochs(max_epochs: int | None, max_steps: int, is_timed: bool = False) -> int:
    """The number of epochs, -1 for no limit, from what was asked for."""
    if max_epochs is not None:
        return max_epochs
    if max_steps != -1 or is_timed:
        return -1
    rank_zero_warn(
        f"max_epochs was not set, so there will be {MOST_EPOCHS} epochs; -1 sets no limit", category=PossibleUserWarning
    )
    return MOST_EPOCHS


def least_epochs(min_epochs: int | None, min_steps: int | None) -> int:
    """The number of epochs before which ``should_stop`` is not heeded, from what was asked for."""
    if min_epochs is not None:
        return min_epochs
    return 0 if min_steps is None else 1


def is_done(trainer: Paced) -> bool:
    """True once there were enough epochs or steps, or somebody asked to stop and may."""
    if trainer.num_training_batches == 0:
        if trainer.limit_train_batches:
            tell(log, "fit ends: there are no training batches")
        return True
    if has_enough_steps(trainer):
        tell(log, "fit ends: max_steps=%s is reached", trainer.max_steps)
        return True
    most = math.inf if trainer.max_epochs in (None, -1) else trainer.max_epochs
    enough_epochs = trainer.progress.processed >= most
    if enough_epochs:
        trainer.progress.epochs = trainer.progress.processed
        tell(log, "fit ends: max_epochs=%s is reached", trainer.max_epochs)
    return enough_epochs or (trainer.should_stop and can_stop_early(trainer))


def is_epoch_done(trainer: Paced) -> bool:
    """True where the epoch ends before its data does."""
    if has_enough_steps(trainer):
        return True
    if trainer.should_stop and not can_stop_early(trainer):
        _tell_not_yet(trainer)
        return False
    return trainer.should_stop


def _tell_not_yet(trainer: Paced) -> None:
    """Say once why a run that was asked to stop goes on."""
    if not trainer.told_to_go_on:
        least = f"min_epochs={trainer.min_epochs} or min_steps={trainer.min_steps}"
        tell(log, "the run was asked to stop, and goes on until %s is met", least)
    trainer.told_to_go_on = True


def can_stop_early(trainer: Paced) -> bool:
    """True once the least number of epochs and steps is reached."""
    enough_epochs = trainer.progress.processed >= (trainer.min_epochs or 0)
    return enough_epochs and (not trainer.min_steps or trainer.global_step >= trainer.min_steps)


def has_enough_steps(trainer: Paced) -> bool:
    """True once ``max_steps`` is reached."""
    return trainer.max_steps != -1 and trainer.global_step >= trainer.max_steps


def validation_interval(trainer: Paced) -> float | None:
    """Batches between two validations; infinite for data without a length, which is validated at its end.

    Where validations are due by the time, it is None, and the clock starts.

    Raises:
        ValueError: The interval is longer than an epoch, so that there would be none.
        MisconfigurationException: The interval is 0, or a share of data that has no length.
    """
    interval, batches = trainer.val_check_interval, trainer.num_training_batches
    if trainer._val_check_time_interval is not None:
        trainer._last_val_time = time.monotonic()
        return None
    if isinstance(interval, int):
        if trainer.enable_validation:
            _refuse_never("val_check_interval", interval)
        if interval > batches and trainer.check_val_every_n_epoch is not None and trainer.limit_val_batches:
            raise ValueError(
                f"val_check_interval={interval} is more than the {batches} batches of an epoch, so that no validation "
                "would run; check_val_every_n_epoch=None counts on over epochs, limit_val_batches=0 switches it off"
            )
        return interval
    if math.isinf(batches):
        if interval == 1.0:
            return math.inf
        raise MisconfigurationException(
            f"val_check_interval={interval}: the data has no length to take a share of; give 1.0 or a number of batches"
        )
    return max(1, int(batches * interval))


def _refuse_never(name: str, interval: int) -> None:
    """Refuse an interval of 0 where something is validated; Lightning takes it where nothing is."""
    if interval == 0:
        raise MisconfigurationException(
            f"Trainer({name}=0): no batch or epoch is the 0th; leave {name} out, or switch validation off with "
            "limit_val_batches=0"
        )


def validates_in_epoch(trainer: Paced) -> bool:
    """True in an epoch at whose batches validations may run.

    Raises:
        MisconfigurationException: They are due every 0 epochs.
    """
    every = trainer.check_val_every_n_epoch
    if every is not None and trainer.enable_validation:
        _refuse_never("check_val_every_n_epoch", every)
    return trainer.enable_validation and (every is None or (trainer.current_epoch + 1) % every == 0)


def should_validate(trainer: Paced) -> bool:
    """True if a validation runs after the batch in use."""
    return _is_due(trainer) and validates_in_epoch(trainer)  # the quick question first: it is asked at each batch


def _is_due(trainer: Paced) -> bool:
    progress, interval = trainer.progress, trainer.val_check_batch
    if trainer.should_stop and can_stop_early(trainer):
        return True
    if trainer.reader is not None and trainer.reader.is_last:
        return True
    if trainer._val_check_time_interval is not None:
        return time.monotonic() - trainer._last_val_time >= trainer._val_check_time_interval
    assert interval is not None  # since the training loader was asked for
    if math.isinf(interval):
        limit = trainer.limit_train_batches
        return progress.is_last or (isinstance(limit, int) and progress.ready % limit == 0)
    count = progress.batches if trainer.check_val_every_n_epoch is None else progress.ready
    return count % interval == 0
