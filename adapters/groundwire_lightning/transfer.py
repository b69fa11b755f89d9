"""Moving a batch to a device: tensors, whatever else has a method ``to``, and collections of these."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from groundwire_lightning.stepping import Stepping

TRANSFERS = ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")
"""What a module or a data module may override about it; where both do, the data module does it."""


class Moves(Stepping):
    """Moves batches as Lightning does."""

    def _transfer_batch(self, batch: Any) -> Any:
        """Move a batch to the device, and whatever in it has a method ``to``."""
        return moved(batch, self._accelerator.device)


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


def _move(data: Any, device: torch.device) -> Any:
    if isinstance(data, Tensor) and device.type not in ("cpu", "mps"):
        return data.to(device, non_blocking=True)
    there = data.to(device)
    return data if there is None else there  # a to() that moves in place and forgets to return


class _HasTo(type):
    def __instancecheck__(cls, data: Any) -> bool:
        return callable(getattr(type(data), "to", None))


class _Movable(metaclass=_HasTo):
    """Anything whose class has a method ``to``."""
