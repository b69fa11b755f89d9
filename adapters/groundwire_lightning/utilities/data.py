"""The sizes of batches and of loaders."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor
from torch.utils.data import IterableDataset

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.combined_loader import length_of

__all__ = ["extract_batch_size", "has_iterable_dataset", "has_len", "sized_len"]


def checked_size_of(batch: Any) -> int:
    """Samples in a batch, for a weighted mean; warns where its tensors differ in length.

    Args:
        batch: Tensors in dictionaries, lists, tuples or dataclasses.

    Raises:
        MisconfigurationException: It holds no tensor.
    """
    if type(batch) in (list, tuple) and batch and type(batch[0]) is Tensor and batch[0].ndim:
        size: int = batch[0].size(0)
        for part in batch:
            if type(part) is not Tensor or not part.ndim or part.size(0) != size:
                break
        else:
            return size
    sizes = batch_sizes(batch)
    first = next(sizes, None)
    if first is None:
        raise MisconfigurationException(
            f"the batch size cannot be told from a {type(batch).__name__}; pass it: self.log(..., batch_size=...)"
        )
    if any(size != first for size in sizes):
        rank_zero_warn(
            f"the tensors of a batch differ in length; the first, {first}, weighs the logged means. Pass "
            "self.log(..., batch_size=...) to say otherwise"
        )
    return first


def batch_sizes(batch: Any) -> Iterator[int]:
    """The length of each tensor in a batch, 1 for a scalar one."""
    if isinstance(batch, Tensor):
        yield batch.size(0) if batch.ndim else 1
    elif isinstance(batch, Mapping):
        for value in batch.values():
            yield from batch_sizes(value)
    elif is_dataclass(batch) and not isinstance(batch, type):
        for entry in fields(batch):
            yield from batch_sizes(getattr(batch, entry.name))
    elif isinstance(batch, Sequence) and not isinstance(batch, (str, bytes)):
        for value in batch:
            yield from batch_sizes(value)


def extract_batch_size(batch: Any) -> int:
    """The number of samples in a batch: the length of its first tensor.

    Args:
        batch: Tensors in dictionaries, lists or tuples.

    Raises:
        MisconfigurationException: It holds no tensor.
    """
    return checked_size_of(batch)


def has_iterable_dataset(dataloader: object) -> bool:
    """True where the samples of a loader come from an ``IterableDataset``.

    Args:
        dataloader: The loader.
    """
    return isinstance(getattr(dataloader, "dataset", None), IterableDataset)


def sized_len(dataloader: Any) -> int | None:
    """The number of batches that a loader says it gives; None where it does not say.

    Args:
        dataloader: The loader.
    """
    try:
        return len(dataloader)
    except (TypeError, NotImplementedError):
        return None


def has_len(dataloader: object) -> bool:
    """True for a loader that has a length.

    Args:
        dataloader: The loader.
    """
    return not math.isinf(length_of(dataloader))
