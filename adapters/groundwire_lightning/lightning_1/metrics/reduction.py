"""Several values as one: those of parts, and those of classes."""

from __future__ import annotations

from torch import Tensor

AVERAGES = ("micro", "macro", "weighted", "none", None)
"""The ways to make one value of those of all classes."""


def reduce(to_reduce: Tensor, reduction: str) -> Tensor:
    """Values as one.

    Args:
        to_reduce: The values.
        reduction: ``"elementwise_mean"``, ``"sum"`` or ``"none"``.

    Raises:
        ValueError: It is another word.
    """
    if reduction not in ("elementwise_mean", "sum", "none"):
        raise ValueError(f"reduction={reduction!r}: there are 'elementwise_mean', 'sum' and 'none'")
    if reduction == "none":
        return to_reduce
    return to_reduce.mean() if reduction == "elementwise_mean" else to_reduce.sum()


def class_reduce(num: Tensor, denom: Tensor, weights: Tensor, class_reduction: str | None = "none") -> Tensor:
    """Fractions of classes as one.

    Args:
        num: What is divided, of each class.
        denom: By what.
        weights: How many there were of each class.
        class_reduction: One of :data:`AVERAGES`.

    Raises:
        ValueError: It is another word.
    """
    if class_reduction not in AVERAGES:
        raise ValueError(f"class_reduction={class_reduction!r}: there are {AVERAGES}")
    if class_reduction == "micro":
        return (num.sum() / denom.sum()).nan_to_num(0.0)
    fraction = (num / denom).nan_to_num(0.0)
    if class_reduction == "macro":
        return fraction.mean()
    return (fraction * (weights.float() / weights.sum())).sum() if class_reduction == "weighted" else fraction
