"""Which samples of a loader a process reads: a ``DistributedSampler`` in the place of its sampler.

One process that runs a strategy for several has one too, as in Lightning, and the order in which that shuffles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader, Dataset, DistributedSampler, IterableDataset, RandomSampler, SequentialSampler

from groundwire_lightning.resampled import with_sampler


def shared(loader: Any, replicas: int, rank: int, *, shuffles: bool | None = None, repeats: bool = True) -> Any:
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
