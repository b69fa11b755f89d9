"""Turns: which optimizers use a batch, where the batches are shared out between several of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate


def active(optimizers: int, frequencies: Sequence[int], batch: int) -> Sequence[int]:
    """The indices of the optimizers that use a batch: all of them, or with frequencies one after the other.

    Args:
        optimizers: How many there are.
        frequencies: How many batches in a row each of them gets; empty where each gets all.
        batch: The number of the batch.
    """
    if not frequencies:
        return range(optimizers)
    *_, whole = ends = list(accumulate(frequencies))
    return (bisect_right(ends, batch % whole),)
