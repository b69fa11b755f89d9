"""A loader with another sampler: the same in everything else, and nothing of it is made anew."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any

from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
)

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException, PossibleUserWarning
from groundwire_lightning.utilities.combined_loader import parts_of


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


def warn_of_shuffling(loader: Any, method: str) -> None:
    """Say that the samples of an evaluation come in a random order, where they do.

    Args:
        loader: The loader, or a collection of loaders.
        method: The method that gave it, for the message.
    """
    if any(isinstance(getattr(part, "sampler", None), RandomSampler) for part in parts_of(loader)):
        rank_zero_warn(
            f"the {method} shuffles; what it is for needs no order, and results are easier to compare without",
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


def loader_share(loader: Any, replicas: int, rank: int, *, shuffles: bool | None = None, repeats: bool = True) -> Any:
    """A loader over the share of a process.

    Args:
        loader: A loader; what has no samples to share out, or is shared out already, is given back as it is.
        replicas: How many processes there are.
        rank: Which of them this is.
        shuffles: Samples are shuffled or read in order; by default as the loader does. Lightning shuffles all
            training data that it shares out, that of a loader in order or with a sampler of its own too.
        repeats: Shares are made equally long, by samples that occur twice.
    """
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        return loader
    sampler = loader.sampler  # beside a batch sampler that is torch's default, which Lightning shares out as well
    if isinstance(sampler, DistributedSampler):
        return loader
    plain = type(sampler) in (RandomSampler, SequentialSampler)
    if shuffles is None:
        shuffles = isinstance(getattr(loader.batch_sampler, "sampler", sampler), RandomSampler)
    kind = DistributedSampler if plain and repeats else _OverSampler
    seed = int(os.environ.get("PL_GLOBAL_SEED", "0"))
    source = loader.dataset if plain and repeats else Order(sampler)
    made: DistributedSampler[Any] = kind(source, replicas, rank, shuffles, seed)
    if not repeats:
        made.total_size = len(source)  # type: ignore[arg-type]  # sized
        made.num_samples = len(range(rank, made.total_size, replicas))
    return with_sampler(loader, made)


class Order(Dataset[Any]):
    """The indices that a sampler gives, as data.

    Args:
        sampler: It is asked anew for each pass.
    """

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler
        self.indices: list[Any] = []

    def draw(self) -> None:
        """Ask the sampler for the indices of a pass."""
        self.indices = list(self.sampler)

    def __getitem__(self, index: int) -> Any:
        return self.indices[index]

    def __len__(self) -> int:
        return len(self.sampler)


class _OverSampler(DistributedSampler[Any]):
    """The share of a process of what another sampler gives."""

    def __iter__(self) -> Iterator[Any]:
        order: Any = self.dataset
        order.draw()
        if self.total_size == len(order) and not self.shuffle:  # every index once, none repeated
            return iter(order.indices[self.rank : self.total_size : self.num_replicas])
        return (order[index] for index in super().__iter__())
