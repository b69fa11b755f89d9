"""Sizes of batches and of loaders."""

from __future__ import annotations

import math
from typing import Any

from groundwire_lightning.combined import length_of
from groundwire_lightning.outputs import checked_size_of

__all__ = ["extract_batch_size", "has_len"]


def extract_batch_size(batch: Any) -> int:
    """The samples of a batch, told from its first tensor.

    Args:
        batch: Tensors in dictionaries, lists or tuples.
    """
    return checked_size_of(batch)


def has_len(dataloader: object) -> bool:
    """True where a loader says how many batches it gives.

    Args:
        dataloader: The loader.
    """
    return not math.isinf(length_of(dataloader))
