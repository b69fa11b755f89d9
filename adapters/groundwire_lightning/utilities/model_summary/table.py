"""A model summary as text."""

from __future__ import annotations

import math
from collections.abc import Mapping

UNITS = (" ", "K", "M", "B", "T")
Column = tuple[str, list[str]]


def get_human_readable_count(number: float) -> str:
    """A number with its unit: thousands, millions, billions or trillions.

    Args:
        number: 0 or more.

    Returns:
        ``"123  "``, ``"1.2 K"``, ``"400 T"``, ``"5,000 T"``.
    """
    digits = math.floor(math.log10(number)) + 1 if number > 0 else 1
    unit = min(math.ceil(digits / 3), len(UNITS)) - 1
    number = number * 10 ** (-3 * unit)
    return f"{int(number):,d} {UNITS[unit]}" if unit < 1 or number >= 100 else f"{number:,.1f} {UNITS[unit]}"


def get_formatted_model_size(total_model_size: float) -> str:
    """Megabytes with three decimals."""
    return f"{total_model_size:,.3f}"


def table(
    total_parameters: int,
    trainable_parameters: int,
    model_size: float,
    total_training_modes: Mapping[str, int],
    total_flops: int,
    *columns: Column,
) -> str:
    """The table: the columns side by side, and the sums below them.

    Args:
        total_parameters: Parameters of the model.
        trainable_parameters: Those of them that require gradients.
        model_size: Megabytes that the parameters take.
        total_training_modes: Modules in ``"train"`` and in ``"eval"`` mode.
        total_flops: Floating-point operations of one forward pass; 0 where none was made.
        *columns: Pairs of a heading and the cells below it.
    """
    widths = [max(len(name), *map(len, cells)) if cells else len(name) for name, cells in columns]
    rule = "-" * (sum(widths) + 3 * (1 + len(columns)))
    rows = [[name for name, _ in columns], *zip(*(cells for _, cells in columns), strict=True)]
    head, *body = [" | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    sums = (
        (get_human_readable_count(trainable_parameters), "Trainable params"),
        (get_human_readable_count(total_parameters - trainable_parameters), "Non-trainable params"),
        (get_human_readable_count(total_parameters), "Total params"),
        (get_formatted_model_size(model_size), "Total estimated model params size (MB)"),
        (total_training_modes["train"], "Modules in train mode"),
        (total_training_modes["eval"], "Modules in eval mode"),
        (get_human_readable_count(total_flops), "Total Flops"),
    )
    return "\n".join([head, rule, *body, rule, *(f"{number:<10}{label}" for number, label in sums)])
