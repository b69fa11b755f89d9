"""A first look at a batch and at the steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from groundwire_tools.eject.looking.first_step import known_number, may_skip, sized_by, takes_index


@dataclass
class Pair:
    name: str
    values: torch.Tensor


@pytest.mark.parametrize(
    ("batch", "path"),
    [
        (torch.ones(2), ""),
        ([torch.ones(2), torch.ones(3)], "[0]"),
        ({"name": "x", "inputs": (1, torch.ones(2))}, '["inputs"][1]'),
        (Pair("x", torch.ones(2)), ".values"),
        ({0: torch.ones(2)}, "[0]"),
        (["x", 1], None),
        (torch.tensor(1), None),
    ],
)
def test_the_size_of_a_batch_is_that_of_its_first_tensor(batch: Any, path: str | None) -> None:
    assert sized_by(batch) == path


def returns_always(batch: Any) -> Any:
    return batch


def returns_nothing(batch: Any, *rest: Any) -> Any:
    if batch is None:
        return None
    return batch


@pytest.mark.parametrize(("step", "skips", "takes"), [(returns_always, False, False), (returns_nothing, True, True)])
def test_a_step_tells_what_it_takes_and_whether_it_may_return_nothing(step: Any, skips: bool, takes: bool) -> None:
    assert (may_skip(step), takes_index(step)) == (skips, takes)
    assert not takes_index(None)


def test_a_number_without_an_end_is_none() -> None:
    assert (known_number(3.0), known_number(math.inf)) == (3, None)
