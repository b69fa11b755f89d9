"""Several values as one."""

from __future__ import annotations

import pytest
import torch

from groundwire_lightning.lightning_1.metrics.reduction import class_reduce, reduce

ONE, FOUR = torch.tensor([1.0, 0.0, 3.0]), torch.tensor([4.0, 0.0, 4.0])


@pytest.mark.parametrize(
    ("how", "value"), [("micro", 0.5), ("macro", 1 / 3), ("weighted", 0.5), ("none", [0.25, 0, 0.75])]
)
def test_fractions_of_classes_are_one_value(how: str, value: object) -> None:
    assert class_reduce(ONE, FOUR, torch.tensor([1, 0, 1]), how).tolist() == pytest.approx(value)


@pytest.mark.parametrize(("how", "value"), [("elementwise_mean", 4 / 3), ("sum", 4.0), ("none", [1, 0, 3])])
def test_values_are_one_value(how: str, value: object) -> None:
    assert reduce(ONE, how).tolist() == pytest.approx(value)


def test_another_word_is_refused() -> None:
    with pytest.raises(ValueError, match="'mean'"):
        reduce(ONE, "mean")
    with pytest.raises(ValueError, match="'sum'"):
        class_reduce(ONE, FOUR, ONE, "sum")
