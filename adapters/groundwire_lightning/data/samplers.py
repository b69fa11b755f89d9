"""Loaders with another sampler: read in order, without dropping samples, or by the share of a process.

Each is a shallow copy of the loader, since a loader of a user's own class cannot be made anew from its attributes.
"""

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
        loader: A loader over map-style data; any other is returned as it is.
        sampler: The sampler that gives the order.

    Raises:
        MisconfigurationException: Its batch sampler has no attribute to put a sampler into.
    """
    if isinstance(loader.dataset, IterableDataset):
        return loader
    if loader.batch_sampler is None:
        return _copy(loader, sampler=sampler)
    return _copy(loader, sampler=sampler, batch_sampler=_over(loader.batch_sampler, sampler))


def _over(batches: Any, sampler: Any) -> Any:
    """A copy of a batch sampler that groups the indices of another sampler."""
    if type(batches) is BatchSampler:
        return BatchSampler(sampler, batches.batch_size, batches.drop_last)
    if not hasattr(batches, "sampler"):
        raise MisconfigurationException(
            f"the order of a loader has to change, and its batch sampler {type(batches).__qualname__} has no attribute "
            "sampler to change; keep the sampler it reads in self.sampler"
        )
    duplicate = copy.copy(batches)
    duplicate.sampler = sampler
    return duplicate


def _copy(loader: DataLoader[Any], **changes: Any) -> DataLoader[Any]:
    """A shallow copy with other attributes, set past ``DataLoader.__setattr__``, which refuses these."""
    duplicate = copy.copy(loader)
    vars(duplicate).update(changes, _iterator=None)  # persistent workers belong to the loader they were started for
    return duplicate


def in_order(loader: Any) -> Any:
    """A loader that reads its samples from first to last; anything but a DataLoader is returned as it is."""
    if not isinstance(loader, DataLoader) or isinstance(loader.sampler, SequentialSampler):
        return loader
    return with_sampler(loader, SequentialSampler(loader.dataset))  # type: ignore[arg-type]  # map-style data is sized


def warn_of_shuffling(loader: Any, method: str) -> None:
    """Warn where the samples of an evaluation come in a random order.

    Args:
        loader: The loader, or a collection of loaders.
        method: The method that returned it, for the message.
    """
    if any(isinstance(getattr(part, "sampler", None), RandomSampler) for part in parts_of(loader)):
        rank_zero_warn(
            f"the {method} shuffles; evaluation gains nothing by it, and results are easier to compare in order",
            category=PossibleUserWarning,
        )


def for_prediction(loader: Any) -> Any:
    """A loader that drops no last batch, and knows the indices of the samples in each batch; see :class:`Seen`."""
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        return loader
    batches = loader.batch_sampler
    if batches is None:
        return loader
    if getattr(batches, "drop_last", False):
        batches = copy.copy(batches)
        batches.drop_last = False  # type: ignore[attr-defined]  # it has one
    return _copy(loader, batch_sampler=Seen(batches), drop_last=False)


class Seen:
    """A batch sampler that records the indices it yields.

    Args:
        batch_sampler: The batch sampler inside it, of which all other attributes are read.

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
        if name == "batch_sampler" or name.startswith("__"):  # not there yet while it is unpickled or copied
            raise AttributeError(name)
        return getattr(self.batch_sampler, name)


def loader_share(loader: Any, replicas: int, rank: int, *, shuffles: bool | None = None, repeats: bool = True) -> Any:
    """A loader over the samples that one of several processes reads.

    Args:
        loader: A loader; one without samples to share out, or that is shared out already, is returned as it is.
        replicas: The number of processes.
        rank: The index of this process among them.
        shuffles: True shuffles the samples, False reads them in order; by default as the loader does. Lightning
            shuffles all training data that it shares out, also that of a loader in order or with its own sampler.
        repeats: True makes shares equally long by samples that occur twice; False leaves some shares shorter.
    """
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        return loader
    sampler = loader.sampler  # beside a batch sampler it is torch's default, and Lightning shares out that
    if isinstance(sampler, DistributedSampler):
        return loader
    is_plain = type(sampler) in (RandomSampler, SequentialSampler)
    if shuffles is None:
        shuffles = isinstance(getattr(loader.batch_sampler, "sampler", sampler), RandomSampler)
    kind = DistributedSampler if is_plain and repeats else _OverSampler
    seed = int(os.environ.get("PL_GLOBAL_SEED", "0"))
    source = loader.dataset if is_plain and repeats else Order(sampler)
    share: DistributedSampler[Any] = kind(source, replicas, rank, shuffles, seed)
    if not repeats:  # torch has rounded both up, so that shares are equally long
        share.total_size = len(source)  # type: ignore[arg-type]  # sized
        share.num_samples = len(range(rank, share.total_size, replicas))
    return with_sampler(loader, share)


class Order(Dataset[Any]):
    """A dataset of the indices that a sampler yields.

    Args:
        sampler: The sampler; :meth:`draw` asks it once for each pass.
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
    """The indices that one of several processes reads, of those that another sampler yields."""

    def __iter__(self) -> Iterator[Any]:
        order: Any = self.dataset
        order.draw()
        if self.total_size == len(order) and not self.shuffle:  # every index once, none repeated
            return iter(order.indices[self.rank : self.total_size : self.num_replicas])
        return (order[index] for index in super().__iter__())
