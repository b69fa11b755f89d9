"""Loaders: their documented defaults, what may stand for one, and how they are shared out among processes."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.data_loader import DataLoaderStateMixin
from torch.utils.data import DataLoader, IterableDataset, Subset, get_worker_info

from groundwire.checks import whole

LIMIT_BATCHES_ENV_VAR = "PT_ACC_LIMIT_BATCHES"
"""Environment variable: a Trainer made while it is set uses only that many batches of each loader."""


def default_dl_kwargs(batch_size: int | None, shuffle: bool, dataset: Any = None) -> dict[str, Any]:
    """The documented defaults of a DataLoader over ``dataset``."""
    return {
        "shuffle": shuffle,
        "pin_memory": torch.cuda.is_available(),
        "batch_size": batch_size,
        "num_workers": default_workers(dataset),
        "worker_init_fn": worker_init_fn,
    }


def default_workers(dataset: Any) -> int:
    """The number of workers where nobody gives one: none, unless the samples are many files.

    Workers take time to start, and what they read has to be handed over: data in memory comes sooner
    without them, and so may data of a kind that is not known. Files are known by a list of paths, as
    long as the dataset, among its attributes.
    """
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    # workers that are spawned import the program anew, which takes longer than most epochs
    forks = (multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]) == "fork"
    spare = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    spare //= int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if not forks or spare < 2 or not hasattr(dataset, "__len__") or len(dataset) < MANY_FILES:
        return 0
    held = getattr(dataset, "__dict__", {}).values()
    files = any(isinstance(part, (list, tuple)) and len(part) == len(dataset) and _is_file(part[0]) for part in held)
    return min(MOST_WORKERS, spare) if files else 0


MANY_FILES = 1000
MOST_WORKERS = 4


def _is_file(entry: Any) -> bool:
    path = entry[0] if isinstance(entry, (list, tuple)) and entry else entry
    return isinstance(path, (str, os.PathLike)) and os.path.isfile(path)  # noqa: PTH113  # texts may be too long for Path


def merged_dl_kwargs(dataset: Any, defaults: Mapping[str, Any], own: Mapping[str, Any] | None) -> dict[str, Any]:
    """Defaults under a user's own arguments, without the defaults that contradict these."""
    own = own or {}
    excluded: set[str] = set()
    if isinstance(dataset, IterableDataset) or own.get("sampler") is not None:
        excluded = {"shuffle"}
    if own.get("batch_sampler") is not None:
        excluded = {"batch_size", "shuffle"}
    return {**{name: value for name, value in defaults.items() if name not in excluded}, **own}


def holds_samples(data: Any) -> bool:
    """True for a dataset, whose samples a DataLoader batches; False for what gives batches already, and for None."""
    if data is None or isinstance(data, DataLoader):
        return False
    # what cannot be iterated over either is for DataLoader to judge: a sampler may know its keys
    return isinstance(data, torch.utils.data.Dataset) or hasattr(data, "__getitem__") or not hasattr(data, "__iter__")


def check_loader(name: str, loader: Any) -> Any:
    """Refuse what cannot give a batch.

    Raises:
        TypeError: It cannot be iterated over.
        ValueError: It promises no batch.
    """
    if loader is None:
        return None
    if not hasattr(loader, "__iter__"):
        raise TypeError(
            f"{name} returned {type(loader).__name__}, which gives no batches; a DataLoader or any iterable does"
        )
    if length_of(loader) == 0:
        raise ValueError(
            f"{name} returned a loader without a batch: the dataset is empty, or drop_last leaves nothing of "
            f"{_samples(loader)} samples"
        )
    return loader


def _samples(loader: Any) -> str:
    try:
        return str(len(loader.dataset))
    except (AttributeError, TypeError):
        return "its"


def length_of(loader: Any) -> int | None:
    """Batches an epoch, or None where the loader does not say."""
    try:
        return len(loader)
    except (TypeError, NotImplementedError):
        return None


def promised_length(batches: Iterable[Any]) -> int | None:
    """A length that can be relied on: that of map-style data. An IterableDataset only estimates its own."""
    if isinstance(getattr(batches, "dataset", None), IterableDataset):
        return None
    return length_of(batches)


def shared_out(accelerator: Accelerator, loader: Any, even: bool) -> Any:
    """Share a loader out among the processes; in one process it stays as it is.

    Args:
        accelerator: Of this process.
        loader: A DataLoader; if not ``even``, any iterable of batches that is alike in every process.
        even: True gives every process the same number of batches, repeating samples where they do
            not suffice; False gives every sample once, the batches in turn to one process after another.
    """
    if loader is None or accelerator.num_processes == 1:
        return loader
    if not even and (not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset)):
        return Share(loader, accelerator.process_index, accelerator.num_processes)
    if not isinstance(loader, DataLoader):
        raise TypeError(
            f"with {accelerator.num_processes} processes a DataLoader is due, whose samples can be shared out; got "
            f"{type(loader).__name__}"
        )
    accelerator.even_batches = even
    return accelerator.prepare_data_loader(loader, device_placement=False)


class Share:
    """The part of batches that one of several processes uses, where all of them read; else it answers like the loader.

    Args:
        dl: An iterable of batches.
        turn: Which of them is the first, from 0.
        every: How many processes take turns.
    """

    def __init__(self, dl: Iterable[Any], turn: int, every: int) -> None:
        self.dl = dl
        self.turn = turn
        self.every = every

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(self.dl, self.turn, None, self.every)

    def __len__(self) -> int:
        return len(range(self.turn, len(self.dl), self.every))  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        # without this guard, unpickling would look for `dl` in `dl` for ever
        if name == "dl" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dl, name)


class DataLoaderSlice:
    """The first batches of a loader; all else that is asked of it, the loader answers.

    Args:
        dl: The loader, or any iterable of batches.
        slice_size: How many batches at most, 0 or more.

    Raises:
        TypeError: ``slice_size`` is no whole number.
        ValueError: It is below 0.
    """

    def __init__(self, dl: Iterable[Any], slice_size: int) -> None:
        self.dl = dl
        self.slice_size = whole("slice_size", slice_size, 0)

    def __iter__(self) -> Iterator[Any]:
        # Made here and not at the first batch, because loaders draw from the random state for it.
        return self._first_of(iter(self.dl))

    def _first_of(self, batches: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from itertools.islice(batches, self.slice_size)
        finally:
            # Accelerate's loaders sign off at their last batch, which may never come.
            if isinstance(self.dl, DataLoaderStateMixin):
                self.dl.end()

    def __len__(self) -> int:
        """Batches that will come; a ``TypeError`` where the loader has no length."""
        return min(self.slice_size, len(self.dl))  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:  # as in Share
        if name == "dl" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dl, name)


class LimitBatches:
    """Trainers made within this context use only the first batches of each loader.

    They are given a ``LimitBatchesCallback``, and keep it. On leaving, the environment is as it was.

    Args:
        num_batches: How many batches, at least 1.

    Raises:
        TypeError: ``num_batches`` is no whole number.
        ValueError: It is below 1.
    """

    def __init__(self, num_batches: int) -> None:
        self.num_batches = whole("num_batches", num_batches)
        self._before: list[str | None] = []

    def __enter__(self) -> LimitBatches:
        self._before.append(os.environ.get(LIMIT_BATCHES_ENV_VAR))
        os.environ[LIMIT_BATCHES_ENV_VAR] = str(self.num_batches)
        return self

    def __exit__(self, *raised: object) -> None:
        before = self._before.pop()
        if before is None:
            os.environ.pop(LIMIT_BATCHES_ENV_VAR, None)
        else:
            os.environ[LIMIT_BATCHES_ENV_VAR] = before


def worker_init_fn(worker_id: int) -> None:
    """Keeps the random numbers of a loader's workers reproducible, NumPy's and Python's too.

    In a worker nothing is left to do: PyTorch has seeded all three there, from the loader's base seed
    and the worker's number, and drawing a new seed would only lose that. Outside of a worker, where
    the function may be called by hand, Python's and NumPy's generators are seeded from PyTorch's seed.

    Args:
        worker_id: Number of the worker, from 0.
    """
    if get_worker_info() is None:
        import numpy as np

        seed = torch.initial_seed() + worker_id
        random.seed(seed)
        np.random.seed(seed % 2**32)
