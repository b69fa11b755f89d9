"""Small helpers: functions that only some processes run, and public names whose home is another room."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from accelerate.state import PartialState
from accelerate.utils import set_seed, wait_for_everyone

from groundwire.data.loaders import LIMIT_BATCHES_ENV_VAR, DataLoaderSlice, LimitBatches, worker_init_fn
from groundwire.devices import remove_padding
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

P = ParamSpec("P")
T = TypeVar("T")


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


def _only_where(runs_here: Callable[[PartialState], bool], func: Callable[P, T]) -> Callable[P, T | None]:
    @wraps(func)
    def only_there(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return func(*args, **kwargs) if runs_here(PartialState()) else None
        finally:  # also after an error: the others must not wait for ever
            wait_for_everyone()

    return only_there
