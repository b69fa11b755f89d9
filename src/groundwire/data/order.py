"""The order of training samples: the random state that batches come from, and how an epoch is entered.

Samplers are never replaced, and the loader that users see stays theirs.

**Without a seed** torch's own rule holds: the default generators run on from batch to batch, and each
worker has a stream of its own. The place in an epoch is the random state before its iterator was
made, plus the number of batches taken from it: to enter it there, the iterator is made from that
state, those batches are fetched once more and thrown away, and the random state of the moment of
saving is put back.

**With a seed** everything random about a training batch comes from ``(seed, rank, epoch, batch index)``:
the default generators of torch, NumPy and Python are seeded before the sampler draws the batch
(alike in every process), before it is fetched, and before its step. It is fetched under the same
state wherever that happens, so the number of workers makes no difference, and a place in an epoch
is found by letting the sampler draw, without fetching anything.
Two kinds of data have a coarser rule. An ``IterableDataset`` is cut up among its workers by its own
code: those keep torch's streams, which begin anew from the seed in each epoch. A generator that was
given to a loader or a sampler runs on from epoch to epoch.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset

from groundwire.data.in_batches import draws_from_torch_alone
from groundwire.data.loaders import DataLoaderSlice, promised_length
from groundwire.data.random_state import CPU, innermost, random_state, seed_all, set_random_state, torch_state
from groundwire.data.seeded import Draw, SeededDataset
from groundwire.errors import GroundwireError


def why_not(loader: Any, seeded: bool) -> str | None:
    """The reason why an epoch over a loader cannot be entered in its middle, or None where it can.

    Args:
        loader: The loader of a run.
        seeded: True if the run has a seed.
    """
    inner = innermost(loader)
    if _keeper(inner) is not None:
        return None
    if not isinstance(inner, DataLoader):
        if hasattr(inner, "__getitem__") and hasattr(inner, "__len__"):
            return None
        return f"{type(inner).__name__} is neither a DataLoader nor a sequence of batches, so its order may differ"
    if isinstance(inner.dataset, IterableDataset):
        return f"{type(inner.dataset).__name__} is an IterableDataset, which only knows how to begin"
    if inner.num_workers and not getattr(inner, "in_order", True):
        return "the loader was made with in_order=False, so its order differs from run to run"
    if inner.num_workers and inner.persistent_workers and not seeded:
        return (
            "its persistent workers carry random states from epoch to epoch; give the Trainer a seed or make new ones"
        )
    return None


def _keeper(loader: Any) -> Any:
    """The object that tells the place in the data: the loader, or an iterable dataset read by this process."""
    dataset = getattr(loader, "dataset", None)
    in_this_process = isinstance(dataset, IterableDataset) and getattr(loader, "num_workers", 0) == 0
    for keeper in (loader, dataset if in_this_process else None):
        if callable(getattr(keeper, "state_dict", None)) and callable(getattr(keeper, "load_state_dict", None)):
            return keeper
    return None


@dataclass(slots=True)
class Place:
    """An epoch that was left in its middle, and how it is entered again.

    Attributes:
        before: Random state before its iterator was made, as far as its batches may depend on it.
        length: Batches that the epoch promised; None where it promised nothing.
        loader: What the loader, or its dataset, said of its place; None where it says nothing.
        moment: Random state to go on from.
    """

    before: dict[str, Any]
    length: int | None
    loader: Any
    moment: dict[str, Any]


class DataOrder:
    """The training batches of one run, epoch after epoch.

    Args:
        seed: What everything random comes from; None leaves it to torch.
        rank: Number of this process.
        device: Where steps draw random numbers too.

    Attributes:
        place: Where the next epoch is entered, for a run that is resumed in the middle of one.
        loader: What gives the batches of the latest epoch.
        length: Batches that it promised.
        before: Random state before its iterator was made.
    """

    def __init__(self, seed: int | None = None, rank: int = 0, device: torch.device = CPU) -> None:
        self.seed = seed
        self.rank = rank
        self.device = device
        self.place: Place | None = None
        self.before: dict[str, Any] | None = None
        self.loader: Any = None
        self.length: int | None = None
        self.epoch = 0
        self.skipped = 0
        self.window = 1
        self._copies: dict[int, tuple[Any, Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """All but the copies of loaders, which are found by identity and may hold processes."""
        return {**vars(self), "_copies": {}}

    def of_epoch(self, loader: Iterable[Any], epoch: int, done: int = 0, window: int = 1) -> EpochOrder:
        """The batches of an epoch, as an iterable that otherwise answers like the loader.

        Args:
            loader: What gives them.
            epoch: Number of the epoch, from 1.
            done: Batches that a resumed run has behind it; those that follow are given.
            window: Batches in an update.
        """
        self.loader, self.length = loader, promised_length(loader)
        self.epoch, self.skipped, self.window = epoch, done, window
        return EpochOrder(self, loader)

    def state(self) -> dict[str, Any]:
        """The place in the latest epoch, but for what the moment adds to it; plain values and tensors."""
        keeper = None if self._is_numbered(self.loader) else _keeper(innermost(self.loader))
        return {
            "before": self.before,
            "length": self.length,
            "loader": None if keeper is None else keeper.state_dict(),
            "seed": self.seed,
            "window": self.window,
            "reason": why_not(self.loader, self.seed is not None),
        }

    def close(self) -> None:
        """Let go of what was made for the run, and of the persistent workers with it."""
        self._copies.clear()

    def begin(self, loader: Any) -> Iterator[Any]:
        """The iterator of an epoch, at its beginning or where the run was left.

        Raises:
            GroundwireError: It was left in an epoch of another length.
        """
        place, self.place = self.place, None
        if place is None:
            state_of = torch_state if draws_from_torch_alone(innermost(loader)) else random_state
            self.before = state_of(self.device, loader)
        else:
            self._check(place)
            self.before = place.before
            set_random_state(place.before, self.device, loader)
        if self.seed is not None:
            seed_all(self.seed_of("epoch", 0), self.device)
        numbered = self._is_numbered(loader)  # leaves out by itself what is done
        batches: Iterator[Any] = iter(self._numbered(loader) if numbered else self._entered(loader, place))
        if place is not None and isinstance(loader, DataLoaderSlice):
            batches = itertools.islice(batches, loader.slice_size - self.skipped)
        return batches if self.seed is None else self._seeded(batches, numbered)

    def seed_of(self, what: str, index: int, rank: int = 0) -> int:
        """The seed of one use in one batch, 64 bits."""
        asked = f"{self.seed}:{rank}:{self.epoch}:{index}:{what}"
        return int.from_bytes(hashlib.blake2b(asked.encode(), digest_size=8).digest(), "big")

    def draw(self, draws: Iterator[Any], index: int) -> Draw:
        """The next draw of a sampler, which is alike in every process, and the seed of its batch, which is not."""
        seed_all(self.seed_of("order", index))
        return Draw(self.seed_of("fetch", index, self.rank), next(draws))

    def _check(self, place: Place) -> None:
        if place.length != self.length:
            raise GroundwireError(
                f"the run was left after {self.skipped} of {place.length} batches of an epoch, and cannot go on in one "
                f"of {self.length}: other data, or another batch size"
            )

    # where an epoch begins

    def _entered(self, loader: Iterable[Any], place: Place | None) -> Iterator[Any]:
        if place is None:
            return iter(loader)
        if place.loader is not None:
            _keeper(innermost(loader)).load_state_dict(place.loader)
        batches = iter(loader)
        if place.loader is None:  # nobody tells the place: fetch once more what was used, and throw it away
            for _ in itertools.islice(batches, self.skipped):
                pass
        set_random_state(place.moment, self.device, loader)
        return batches

    def _seeded(self, batches: Iterator[Any], numbered: bool) -> Iterator[Any]:
        for index in itertools.count(self.skipped):
            if not numbered:
                seed_all(self.seed_of("fetch", index, self.rank))
            batch = next(batches, self)
            seed_all(self.seed_of("step", index, self.rank), self.device)
            if batch is self:  # what follows the last batch comes from the seed as well
                return
            yield batch

    def _is_numbered(self, loader: Any) -> bool:
        inner = innermost(loader)
        map_style = isinstance(inner, DataLoader) and not isinstance(inner.dataset, IterableDataset)
        return self.seed is not None and map_style

    def _numbered(self, loader: Any) -> Any:
        """A copy of a loader whose sampler and dataset pass the seed of each batch; kept for its persistent workers."""
        if isinstance(loader, DataLoaderSlice):
            return DataLoaderSlice(self._numbered(loader.dl), loader.slice_size)
        if (known := self._copies.get(id(loader))) is not None:
            return known[1]
        if "base_dataloader" in vars(loader):  # one of Accelerate's
            changes = {"base_dataloader": self._numbered(loader.base_dataloader)}
        else:
            sampler = "sampler" if loader.batch_sampler is None else "batch_sampler"
            numbered = NumberedSampler(getattr(loader, sampler), self)
            changes = {"dataset": SeededDataset(loader.dataset), sampler: numbered, "_iterator": None}
        other = copy.copy(loader)
        vars(other).update(changes)  # a DataLoader refuses to have its parts set
        self._copies[id(loader)] = (loader, other)
        return other


class EpochOrder:
    """The batches of one epoch; all else that is asked of it, the loader answers."""

    def __init__(self, order: DataOrder, loader: Iterable[Any]) -> None:
        self._order = order
        self._loader = loader

    def __iter__(self) -> Iterator[Any]:
        return self._order.begin(self._loader)

    def __len__(self) -> int:
        """Batches of the whole epoch; a ``TypeError`` where the loader has no length."""
        return len(self._loader)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._loader, name)


class NumberedSampler:
    """Stands before the sampler of a loader for a seeded epoch; draws what that draws."""

    def __init__(self, sampler: Any, order: DataOrder) -> None:
        self._sampler = sampler
        self._order = order

    def __iter__(self) -> Iterator[Draw]:
        draws, skipped = iter(self._sampler), self._order.skipped
        for index in itertools.count():
            try:
                drawn = self._order.draw(draws, index)
            except StopIteration:
                return
            if index >= skipped:
                yield drawn

    def __len__(self) -> int:
        return len(self._sampler)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._sampler, name)
