"""Batches moved to a device, and the number of workers that read them."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor

__all__ = ["move_data_to_device", "suggested_max_num_workers"]

CPU = torch.device("cpu")


def move_data_to_device(batch: Any, device: Any) -> Any:
    """A batch on a device: everything in it that has a method ``to`` is moved.

    Args:
        batch: Tensors in dictionaries, lists, tuples or dataclasses.
        device: The device, or its name.
    """
    from lightning_utilities.core.apply_func import apply_to_collection

    device = torch.device(device) if isinstance(device, str) else device
    return apply_to_collection(batch, _Movable, _move, device)


def tensors_of(values: Any, device: torch.device) -> Any:
    """A collection with its numbers and arrays as tensors, on a device with all others.

    Args:
        values: A number, an array or a tensor, or a collection of these.
        device: The device.
    """
    import numpy as np
    from lightning_utilities.core.apply_func import apply_to_collection

    def as_tensor(value: Any) -> Tensor:
        if isinstance(value, np.ndarray):
            return torch.from_numpy(value)
        return torch.tensor(value, dtype=next(dtype for kind, dtype in _TYPES.items() if isinstance(value, kind)))

    return batch_on_device(apply_to_collection(values, (*_TYPES, np.ndarray), as_tensor), device)


_TYPES = {bool: torch.uint8, int: torch.int32, float: torch.float32}
"""Types of Python, the most special first, to those of tensors; processes on cards cannot exchange bools."""


def suggested_max_num_workers(local_world_size: int) -> int:
    """The number of workers for each loader, so that a core is left to the training of each device.

    Args:
        local_world_size: Devices of this machine that train, at least 1.

    Raises:
        ValueError: It is less than 1.
    """
    if local_world_size < 1:
        raise ValueError(f"local_world_size: 1 or more is due, got {local_world_size}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // local_world_size - 1)


def batch_on_device(batch: Any, device: torch.device) -> Any:
    """A batch on a device; its collections are copies, and parts that cannot be moved are left as they are.

    It does what :func:`move_data_to_device` does, faster for batches of plain lists, tuples and dictionaries.

    Args:
        batch: A tensor, anything with a method ``to(device)``, or a collection of these: lists, tuples,
            named tuples, mappings, dataclasses.
        device: The device.
    """
    kind = type(batch)
    if kind is Tensor:
        return batch if batch.device == device else _move(batch, device)
    if kind is list or kind is tuple:
        for part in batch:
            if type(part) is not Tensor or part.device != device:
                return kind([batch_on_device(part, device) for part in batch])
        return batch[:] if kind is list else (*batch,)  # a copy as well; a slice of a tuple is that tuple
    if kind is dict:
        return {name: batch_on_device(part, device) for name, part in batch.items()}
    if kind in (str, int, float, bool, type(None)):
        return batch
    from lightning_utilities.core.apply_func import apply_to_collection

    return apply_to_collection(batch, _Movable, _move, device)


def _move(data: Any, device: Any) -> Any:
    # a card puts its next operations behind the copy; on a CPU, or MPS, they could read data that has not arrived
    if isinstance(data, Tensor) and isinstance(device, torch.device) and device.type not in ("cpu", "mps"):
        return data.to(device, non_blocking=True)
    copy = data.to(device)
    return data if copy is None else copy  # a user's own to() may move in place and return nothing


class _HasTo(type):
    def __instancecheck__(cls, data: object) -> bool:
        return callable(getattr(data, "to", None)) and not isinstance(data, type)


class _Movable(metaclass=_HasTo):
    """Anything whose class has a method ``to``."""
