"""Batches on a device."""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor

__all__ = ["move_data_to_device", "suggested_max_num_workers"]

CPU = torch.device("cpu")


def move_data_to_device(batch: Any, device: Any) -> Any:
    """A batch on a device; whatever in it has a method ``to`` is moved.

    Args:
        batch: Tensors in dictionaries, lists, tuples or dataclasses.
        device: Where to.
    """
    from lightning_utilities.core.apply_func import apply_to_collection

    device = torch.device(device) if isinstance(device, str) else device
    return apply_to_collection(batch, _Movable, _move, device)


def suggested_max_num_workers(local_world_size: int) -> int:
    """The processes of a loader that leave one to training, on each of several devices.

    Args:
        local_world_size: Devices of this machine.
    """
    if local_world_size < 1:
        raise ValueError(f"local_world_size: 1 or more is due, got {local_world_size}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // local_world_size - 1)


def moved(batch: Any, device: torch.device) -> Any:
    """``batch`` on a device; its collections are made anew, what cannot be moved is left alone.

    Args:
        batch: A tensor, anything with a method ``to(device)``, or a collection of these: lists, tuples,
            named tuples, mappings, dataclasses.
        device: Where to.
    """
    kind = type(batch)
    if kind is Tensor:
        return batch if batch.device == device else _move(batch, device)
    if kind is list or kind is tuple:
        for part in batch:
            if type(part) is not Tensor or part.device != device:
                return kind([moved(part, device) for part in batch])
        return batch[:] if kind is list else (*batch,)  # what most loaders give; a slice of a tuple is that tuple
    if kind is dict:
        return {name: moved(part, device) for name, part in batch.items()}
    if kind in (str, int, float, bool, type(None)):
        return batch
    from lightning_utilities.core.apply_func import apply_to_collection

    return apply_to_collection(batch, _Movable, _move, device)


def _move(data: Any, device: Any) -> Any:
    # a copy to these is over before it returns; to a card it may go on behind the next operations
    if isinstance(data, Tensor) and isinstance(device, torch.device) and device.type not in ("cpu", "mps"):
        return data.to(device, non_blocking=True)
    copy = data.to(device)
    return data if copy is None else copy  # a to() that moves in place and forgets to return


class _HasTo(type):
    def __instancecheck__(cls, data: object) -> bool:
        return callable(getattr(data, "to", None)) and not isinstance(data, type)


class _Movable(metaclass=_HasTo):
    """Anything whose class has a method ``to``."""
