"""Metrics as functions: their values are those of Lightning 1.2.10."""

from __future__ import annotations

import pytest
import torch
from tests.groundwire_lightning.lightning_1.metrics.rows import FUNCTIONS, PAIR, assert_alike, of_1_2_10, plain

from groundwire_lightning.pytorch.metrics import functional

THEIRS = of_1_2_10()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", FUNCTIONS)
def test_a_function_gives_what_it_gave(key: str) -> None:
    name, args, kwargs = FUNCTIONS[key]
    assert_alike(plain(getattr(functional, name)(*args, **kwargs)), THEIRS[f"function {key}"])


@pytest.mark.filterwarnings("ignore")
def test_the_accuracy_of_1_0_had_an_average_over_classes() -> None:
    by_class = functional.accuracy(*PAIR, num_classes=3, class_reduction="none")
    assert torch.equal(by_class, functional.recall(*PAIR, average="none", num_classes=3))


def test_the_number_of_classes_is_given_or_the_highest_label_and_one() -> None:
    assert functional.get_num_classes(*PAIR) == 3
    assert functional.get_num_classes(*PAIR, 7) == 7
