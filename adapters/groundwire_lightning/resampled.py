"""A loader with another sampler: the same in everything else, and nothing of it is made anew."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from torch.utils.data import BatchSampler, DataLoader, IterableDataset, RandomSampler, SequentialSampler

from groundwire.errors import rank_zero_warn
from groundwire_lightning.combined import parts_of
from groundwire_lightning.errors import MisconfigurationException, PossibleUserWarning
from groundwire_lightning.phases import Phase


def with_sampler(loader: DataLoader[Any], sampler: Any) -> DataLoader[Any]:
    """A copy of a loader whose samples come in another order.

    Args:
        loader: A loader over map-style data; any other is given back as it is.
        sampler: The order.

    Raises:
        MisconfigurationException: Its batch sampler cannot be given a sampler.
    """
    if isinstance(loader.dataset, IterableDataset):
        return loader
    if loader.batch_sampler is None:
        return _copy(loader, sampler=sampler)
    return _copy(loader, sampler=sampler, batch_sampler=_over(loader.batch_sampler, sampler))


def in_order(loader: Any) -> Any:
    """A loader that reads its samples from first to last; what is no DataLoader is given back as it is."""
    if not isinstance(loader, DataLoader) or isinstance(loader.sampler, SequentialSampler):
        return loader
    return with_sampler(loader, SequentialSampler(loader.dataset))  # type: ignore[arg-type]  # map-style data is sized


def for_prediction(loader: Any) -> Any:
    """A loader that leaves no sample out and tells which are in each batch; see :class:`Seen`."""
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        return loader
    batches = loader.batch_sampler
    if batches is None:
        return loader
    if getattr(batches, "drop_last", False):
        batches = copy.copy(batches)
        batches.drop_last = False  # type: ignore[attr-defined]  # it has one
    return _copy(loader, batch_sampler=Seen(batches), drop_last=False)


def warn_of_shuffling(loader: Any, phase: Phase) -> None:
    """Say that the samples of an evaluation come in a random order, where they do."""
    if any(isinstance(getattr(part, "sampler", None), RandomSampler) for part in parts_of(loader)):
        rank_zero_warn(
            f"the {phase.loader} shuffles; what it is for needs no order, and results are easier to compare without",
            category=PossibleUserWarning,
        )


class Seen:
    """A batch sampler that keeps which indices it gave.

    Args:
        batch_sampler: The batches; whatever else is asked is asked of it.

    Attributes:
        seen_batch_indices: The indices of each batch of the pass under way.
    """

    def __init__(self, batch_sampler: Any) -> None:
        self.batch_sampler = batch_sampler
        self.seen_batch_indices: list[list[int]] = []

    def __iter__(self) -> Iterator[list[int]]:
        self.seen_batch_indices = []
        return self._batches(iter(self.batch_sampler))

    def _batches(self, batches: Iterator[list[int]]) -> Iterator[list[int]]:
        for indices in batches:
            self.seen_batch_indices.append(indices)
            yield indices

    def __len__(self) -> int:
        return len(self.batch_sampler)

    def __getattr__(self, name: str) -> Any:
        if name == "batch_sampler" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.batch_sampler, name)


def _copy(loader: DataLoader[Any], **changes: Any) -> DataLoader[Any]:
    """A shallow copy; a DataLoader refuses to have these set, as an iterator may be under way."""
    made = copy.copy(loader)
    vars(made).update(changes, _iterator=None)
    return made


def _over(batches: Any, sampler: Any) -> Any:
    if type(batches) is BatchSampler:
        return BatchSampler(sampler, batches.batch_size, batches.drop_last)
    if not hasattr(batches, "sampler"):
        raise MisconfigurationException(
            f"the order of a loader has to change, and its batch sampler {type(batches).__qualname__} has no attribute "
            "sampler to change; keep the sampler it reads in self.sampler"
        )
    made = copy.copy(batches)
    made.sampler = sampler
    return made
