"""The largest batch size that fits into memory."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from groundwire.errors import rank_zero_warn
from groundwire_lightning.loops.trial import ask_for_loaders, counters_kept, forget_loaders, run_with_loaders, trial
from groundwire_lightning.utilities.memory import garbage_collection_cuda, is_oom_error
from groundwire_lightning.utilities.parsing import lightning_getattr, lightning_setattr

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

LIMIT_OF_ENTRY = {"validate": "limit_val_batches", "test": "limit_test_batches", "predict": "limit_predict_batches"}

log = logging.getLogger(__name__)


class Sizes:
    """The size under trial, where module or data module keep it.

    Args:
        trainer: A Trainer inside one of its runs.
        name: Of the attribute.
        most: The largest size.
    """

    def __init__(self, trainer: Steered, name: str, most: int) -> None:
        self._trainer = trainer
        self._name = name
        self._most = most

    @property
    def now(self) -> int:
        """The size."""
        size: int = lightning_getattr(self._trainer.lightning_module, self._name)
        return size

    def begin(self, size: int) -> bool:
        """Take the first size. As in Lightning the first trial reads the loaders that are there.

        Returns:
            False where these have batches of another size, so that the first trial says nothing about this one.
        """
        before = self.now
        if self._has_more_than(before):
            self.set(min(size, self._most))
        return self.now == before

    def take(self, size: int) -> bool:
        """Take this size next; False where the one before is all of the data, or was the largest."""
        before, size = self.now, min(size, self._most)
        if not self._has_more_than(before):
            return False
        self.set(size)
        if size != before:
            ask_for_loaders(self._trainer)
        return size != before

    def retreat(self, size: int) -> None:
        """Take a smaller size next, for the one before did not fit."""
        self.set(size)
        ask_for_loaders(self._trainer)

    def set(self, size: int) -> None:
        """Make it so, for loaders that are asked for from now on."""
        lightning_setattr(self._trainer.lightning_module, self._name, size)

    def _has_more_than(self, size: int) -> bool:
        samples = _samples(self._trainer)
        if samples is None or size < samples:
            return True
        log.info("A batch of %d holds all %d samples there are", size, samples)
        return False


class CappedSizes(Sizes):
    """The size under trial as Lightning 1 chose it: never more than there are samples."""

    def take(self, size: int) -> bool:
        """Take this size next, or as many as there are samples; False where that is the one before."""
        before, samples = self.now, _samples(self._trainer)
        size = size if samples is None else min(size, samples)
        self.set(size)
        forget_loaders(self._trainer)
        return size != before

    begin = take  # with loaders of that size


def scale_batch_size(
    trainer: Steered,
    mode: str = "power",
    steps_per_trial: int = 3,
    init_val: int = 2,
    max_trials: int = 25,
    batch_arg_name: str = "batch_size",
    margin: float = 0.05,
    max_val: int = 8192,
    as_before: bool = False,
) -> int | None:
    """Try sizes, undo what they did, and leave the largest that fits.

    Args:
        trainer: A Trainer inside one of its runs.
        mode: ``"power"`` or ``"binsearch"``.
        steps_per_trial: Batches that each size is tried with.
        init_val: The first size.
        max_trials: Sizes that are tried at most.
        batch_arg_name: Where the size is kept.
        margin: As of :class:`~groundwire_lightning.callbacks.BatchSizeFinder`.
        max_val: The largest size.
        as_before: Search as Lightning 1 did, whose last size may be one that was not tried.

    Returns:
        The size; None where ``fast_dev_run`` leaves the trials out.
    """
    if trainer.fast_dev_run:
        rank_zero_warn("the batch-size finder is left out with fast_dev_run")
        return None
    sizes = (CappedSizes if as_before else Sizes)(trainer, batch_arg_name, max_val)
    if trainer._is_fitting:
        limits = {
            "limit_train_batches": 1.0,
            "limit_val_batches": steps_per_trial,
            "max_steps": trainer.global_step + steps_per_trial,
        }
    else:
        limits = {LIMIT_OF_ENTRY[trainer._purpose.value]: steps_per_trial}
    with counters_kept(trainer), trial(trainer, [], limits):
        is_tried = sizes.begin(init_val)
        if as_before:
            size = (_doubled_before if mode == "power" else _searched_before)(trainer, sizes, max_trials)
        elif mode == "power":
            size = _doubled(trainer, sizes, max_trials, max_val, is_tried)
        else:
            size = _searched(trainer, sizes, max_trials, max_val, is_tried)
            if (less := max(1, int(size * (1 - margin)))) != size:
                log.info("Batch size %d is made smaller by %.1f%%", size, 100 * margin)
                size = less
        sizes.set(size)
        garbage_collection_cuda()
    log.info("The run goes on with batch size %d", size)
    ask_for_loaders(trainer)
    return size


def _doubled(trainer: Steered, sizes: Sizes, trials: int, most: int, is_tried: bool) -> int:
    """Twice the size, until it does not fit or there were enough trials."""
    has_fitted = False
    for number in range(trials):
        garbage_collection_cuda()
        size = sizes.now
        if size >= most:
            break
        if _fits(trainer, size):
            if number + 1 >= trials or not sizes.take(size * 2):
                return size
            has_fitted = has_fitted or is_tried or number > 0
        else:
            sizes.retreat(max(1, size // 2))
            if has_fitted:
                break
    return sizes.now


def _searched(trainer: Steered, sizes: Sizes, trials: int, most: int, is_tried: bool) -> int:
    """Twice the size until it does not fit, then halfway between the largest that did and the least that did not."""
    low, high, fitted = 1, 0, 0
    while (size := sizes.now) < most:
        garbage_collection_cuda()
        if _fits(trainer, size):
            low, fitted = size if is_tried else low, fitted + 1
            is_tried = True
            if fitted >= trials or (high and high - low <= 1):
                break
            if not sizes.take((high + low) // 2 if high else size * 2):
                break
        else:
            high = size
            sizes.retreat((high + low) // 2)
            if high - low <= 1:
                break
    return sizes.now


def _doubled_before(trainer: Steered, sizes: Sizes, trials: int) -> int:
    """Twice the size after each trial, the last one too."""
    has_fitted = False
    for _ in range(trials):
        garbage_collection_cuda()
        if _fits(trainer, sizes.now):
            if not sizes.take(sizes.now * 2):
                break
            has_fitted = True
        else:
            sizes.take(sizes.now // 2)
            if has_fitted:
                break
    return sizes.now


def _searched_before(trainer: Steered, sizes: Sizes, trials: int) -> int:
    """Twice the size until it does not fit, then halfway; at the end the size that would be tried next."""
    low, high, count = 1, 0, 0
    while True:
        garbage_collection_cuda()
        size = sizes.now
        if _fits(trainer, size):
            count += 1
            low = size
            if count > trials or (high and high - low <= 1):
                break
            if not sizes.take((high + low) // 2 if high else size * 2):
                break
        else:
            high = size
            sizes.take((high + low) // 2)
            if high - low <= 1:
                break
    return sizes.now


def _fits(trainer: Steered, size: int) -> bool:
    """Try a size; True if there was memory enough for it. Any other error is raised."""
    try:
        run_with_loaders(trainer)
    except RuntimeError as error:
        if not is_oom_error(error):
            raise
        garbage_collection_cuda()
        log.info("Batch size %d does not fit", size)
        return False
    log.info("Batch size %d fits", size)
    return True


def _samples(trainer: Steered) -> int | None:
    """The samples of the data, where it says."""
    if trainer._is_fitting:
        trainer.load_training_data()
        loader = trainer._train_dataloader
    else:
        trainer.load_evaluation_data()
        loader = trainer._eval_dataloader
    dataset = getattr(loader, "dataset", None)
    try:
        return len(dataset)  # type: ignore[arg-type]  # what has no length has none
    except (TypeError, NotImplementedError):
        return None
