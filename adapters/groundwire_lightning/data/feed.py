"""Feeds: the batches of a loader under a limit, with word of which one is the last."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, repeat
from typing import Any

from torch._utils import ExceptionWrapper
from torch.utils.data import DataLoader, Dataset, IterableDataset
from torch.utils.data._utils.fetch import _MapDatasetFetcher

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException, PossibleUserWarning
from groundwire_lightning.utilities.combined_loader import Triple, as_combined_loader, is_combined, parts_of
from groundwire_lightning.utilities.seed import seeds_workers, start_worker


class Feed:
    """The batches of one pass over a loader.

    Its iterator is made at once, which draws a random number, as in Lightning. Where neither the loader nor
    a limit says how many batches there are, one is always fetched ahead, so that the last can be told.

    Args:
        loader: Any iterable of batches, or several combined.
        batches: The most batches to read; may be infinite.
        looks_ahead: False never fetches a batch before it is asked for.

    Attributes:
        is_last: True while the batch that was yielded is the last one.
        is_over: True once another batch was asked for, and none was left.
    """

    def __init__(self, loader: Any, batches: float, looks_ahead: bool = True) -> None:
        self.loader = loader
        self.is_last = False
        self.is_over = False
        self._batches = batches
        self._looks_ahead = looks_ahead and math.isinf(batches)
        iterator: Iterator[Any] = iter(loader)
        self._iterator = iterator if is_combined(loader) else zip(iterator, count(), repeat(0))
        self._ahead = self._fetched() if self._looks_ahead else None
        self._begins_at = 0
        self._owes_one = False

    def _fetched(self) -> Triple | None:
        try:
            return next(self._iterator)
        except StopIteration as end:
            check_end(end)
            return None

    def begin_at(self, number: int, at_least_one: bool = False) -> None:
        """Count from ``number`` on, since that many batches of the pass were used in an earlier run.

        Args:
            number: The index of the first batch.
            at_least_one: Yield one batch even where the limit was reached, as Lightning does on resume.
        """
        self._begins_at, self._owes_one = number, at_least_one

    def __iter__(self) -> Iterator[Triple]:
        """Triples of a batch, its index in the pass, and the index of the loader it is from."""
        number, most, iterator = self._begins_at, self._batches, self._iterator
        while number < most or self._owes_one:
            self._owes_one = False
            try:
                triple = self._ahead or next(iterator)  # a for loop would have combined loaders begin anew
            except StopIteration as end:
                check_end(end)
                break
            number += 1
            if self._looks_ahead:
                self._ahead = self._fetched()
                self.is_last = self._ahead is None
            else:
                self.is_last = number >= most
            # the iterator counts from zero; a pass that is taken up goes on counting
            yield (triple[0], number - 1, triple[2]) if self._begins_at else triple
        self.is_over = True

    def check(self, yielded: int, source: str) -> None:
        """Check the end of a pass: that it ended by itself, and warn where it was shorter than the loader's length.

        Args:
            yielded: Batches of the pass.
            source: The method that returned the loader, for messages.

        Raises:
            RuntimeError: A hook that changes batches raised StopIteration.
        """
        if not self.is_over:
            raise stray_stop_iteration(f"a hook that changes or moves the batches of the {source}")
        if yielded < self._batches < math.inf:
            rank_zero_warn(
                f"the {source} says that it has {self._batches} batches and gave {yielded}. As in Lightning nobody "
                "could know that its last batch was the last: there was no validation at the end of the epoch, no "
                "scheduler of epochs moved and batches that waited for an update had none. Correct __len__ of the "
                "data, or take it away",
                category=PossibleUserWarning,
            )


def stray_stop_iteration(where: str) -> RuntimeError:
    """The error for a StopIteration of the user's code, which would end an epoch in silence.

    Args:
        where: The code that raised it, for the message.
    """
    return RuntimeError(
        f"{where} raised StopIteration, which would have ended the epoch without a word; an iterator was asked for "
        "more than it has: next(iterator, None) says so without an error"
    )


def check_end(end: StopIteration) -> None:
    """Refuse a StopIteration that came from the code of a dataset, and was not the end of its loader.

    Args:
        end: The exception, with its traceback.

    Raises:
        RuntimeError: ``__getitem__`` of the dataset raised it, in this process or in a worker.
    """
    # the first fetches the samples of a map-style dataset, the other raises a worker's error again
    of_dataset = (_MapDatasetFetcher.fetch.__code__, ExceptionWrapper.reraise.__code__)
    frame = end.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code in of_dataset:
            raise stray_stop_iteration("the dataset, or a transform or collate_fn of its samples,") from end
        frame = frame.tb_next


@dataclass(frozen=True, slots=True)
class Announced:
    """The batches of a feed, read through an iterator that notes the place of each in the run.

    Attributes:
        feed: The feed, which knows whether a batch is the last.
        batches: The iterator over its batches.
    """

    feed: Feed
    batches: Iterator[Any]

    def __iter__(self) -> Iterator[Any]:
        return self.batches

    @property
    def is_last(self) -> bool:
        """True while the batch that was yielded is the last one."""
        return self.feed.is_last


def checked_loader(loader: Any, source: str, mode: str) -> Any:
    """A loader that was checked to be one; several loaders are combined.

    Args:
        loader: A loader or a collection of loaders, as it was passed in or returned by a hook.
        source: The argument or hook, for messages.
        mode: The mode of :class:`CombinedLoader` in which several are read.

    Raises:
        TypeError: It, or one of them, cannot be iterated over.
    """
    whole = as_combined_loader(loader, mode)
    for part in parts_of(whole):
        if not isinstance(part, DataLoader):
            _check_iterable(part, source)
            _warn_of_dataset(part, source)
        elif part.num_workers and part.worker_init_fn is None and seeds_workers():
            part.worker_init_fn = start_worker
    return whole


def _warn_of_dataset(loader: Any, source: str) -> None:
    if isinstance(loader, Dataset) and not isinstance(loader, IterableDataset):
        rank_zero_warn(
            f"{source} gave a {type(loader).__name__}, which is a dataset and no loader: each of its samples is taken "
            "for a batch; DataLoader(dataset, batch_size=...) makes batches of them",
            category=PossibleUserWarning,
        )


def _check_iterable(loader: Any, source: str) -> None:
    """Ask for an iterator, as Lightning does: the random numbers that making one draws are drawn once more."""
    try:
        iter(loader)
    except TypeError:
        raise TypeError(f"{source} gave {loader!r}, which no batch can be read from; a DataLoader is due") from None


def limited_batches(name: str, length: float, limit: float) -> float:
    """Batches of a pass under ``limit_train_batches`` and the like.

    Args:
        name: The argument, for messages.
        length: Batches of the loader; infinite where it has no length.
        limit: A whole number of batches, or a share from 0.0 to 1.0.

    Raises:
        MisconfigurationException: It is a share, and the loader has no length, or the share leaves no batch.
    """
    if length == 0:
        return 0
    if isinstance(limit, int):
        return min(length, limit)
    if math.isinf(length):
        if limit == 1.0:
            return length
        raise MisconfigurationException(f"{name}={limit}: the data has no length to take a share of; give a number")
    if limit and not int(length * limit):
        raise MisconfigurationException(
            f"{name}={limit} of {length} batches leaves none; {1 / length:.4g} is the least share that leaves one"
        )
    return int(length * limit)


def tell_epoch(loader: Any, epoch: int) -> None:
    """Tell the epoch to samplers that shuffle by it, such as ``DistributedSampler``.

    Args:
        loader: A loader, or several that are combined.
        epoch: Its index, from 0.
    """
    for part in parts_of(loader):
        samplers = getattr(part, "sampler", None), getattr(getattr(part, "batch_sampler", None), "sampler", None)
        for sampler in {id(sampler): sampler for sampler in samplers}.values():  # one that is both is told once
            if callable(getattr(sampler, "set_epoch", None)):
                sampler.set_epoch(epoch)  # type: ignore[union-attr]  # looked at one line above
