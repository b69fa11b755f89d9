"""Small helpers for loaders, processes and seeds; the averaged model is re-exported from ``ema``."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import islice
from typing import Any, ParamSpec, TypeVar

import torch
from accelerate.data_loader import DataLoaderStateMixin
from accelerate.state import PartialState
from accelerate.utils import set_seed, wait_for_everyone
from torch import Tensor
from torch.utils.data import get_worker_info

from groundwire.checks import whole
from groundwire.ema import ModelEma

__all__ = [
    "LIMIT_BATCHES_ENV_VAR",
    "DataLoaderSlice",
    "LimitBatches",
    "ModelEma",
    "local_process_zero_first",
    "local_process_zero_only",
    "remove_padding",
    "set_seed",
    "worker_init_fn",
    "world_process_zero_only",
]

LIMIT_BATCHES_ENV_VAR = "PT_ACC_LIMIT_BATCHES"
"""Environment variable: a Trainer made while it is set uses only that many batches of each loader."""

P = ParamSpec("P")
T = TypeVar("T")


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
            yield from islice(batches, self.slice_size)
        finally:
            # Accelerate's loaders sign off at their last batch, which may never come.
            if isinstance(self.dl, DataLoaderStateMixin):
                self.dl.end()

    def __len__(self) -> int:
        """Batches that will come; a ``TypeError`` where the loader has no length."""
        return min(self.slice_size, len(self.dl))  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        # Without this guard, unpickling would look for `dl` in `dl` for ever.
        if name == "dl" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dl, name)


def local_process_zero_only(func: Callable[P, T]) -> Callable[P, T | None]:
    """Decorator: only the main process of each machine runs the function; the others wait for it.

    Args:
        func: The function; elsewhere its result is ``None``.
    """
    return _only_where(lambda state: state.local_process_index == 0, func)


def world_process_zero_only(func: Callable[P, T]) -> Callable[P, T | None]:
    """Decorator: only the main process of all machines runs the function; the others wait for it.

    Args:
        func: The function; elsewhere its result is ``None``.
    """
    return _only_where(lambda state: state.process_index == 0, func)


def local_process_zero_first(func: Callable[P, T]) -> Callable[P, T]:
    """Decorator: the main process of each machine runs the function, then the others do.

    For what leaves something behind that the others find: a download, a cache.

    Args:
        func: The function.
    """

    @wraps(func)
    def in_turn(*args: P.args, **kwargs: P.kwargs) -> T:
        if PartialState().local_process_index != 0:
            wait_for_everyone()
            return func(*args, **kwargs)
        try:
            return func(*args, **kwargs)
        finally:  # also after an error: the others must not wait for ever
            wait_for_everyone()

    return in_turn


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


def remove_padding(padded_tensor: Tensor, pad_value: float) -> Tensor:
    """Drops the rows that hold nothing but padding, as padding before ``gather`` leaves them.

    Args:
        padded_tensor: Any shape; rows are along the first dimension.
        pad_value: What was padded with; NaN is found too.

    Returns:
        A new tensor without those rows. A row that really holds only this value is dropped as well.
    """
    padding = padded_tensor.isnan() if pad_value != pad_value else padded_tensor == pad_value  # noqa: PLR0124
    return padded_tensor[~padding.flatten(1).all(dim=1) if padding.ndim > 1 else ~padding]


def _only_where(chosen: Callable[[PartialState], bool], func: Callable[P, T]) -> Callable[P, T | None]:
    @wraps(func)
    def only_there(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return func(*args, **kwargs) if chosen(PartialState()) else None
        finally:  # also after an error: the others must not wait for ever
            wait_for_everyone()

    return only_there
