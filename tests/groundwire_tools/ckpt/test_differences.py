"""Differences: what counts as one, how large it is, and where it begins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from groundwire import CheckpointError
from groundwire.saved.stand_ins import StandIn
from groundwire_tools.ckpt import differences as module
from groundwire_tools.ckpt.differences import differences

NAN = float("nan")


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, {"b": None}], "c": ()},
        {"a": torch.tensor([NAN, float("inf")]), "b": NAN},
        {"a": StandIn("mine.Net")},
        {"a": np.float64(2.5), "b": np.arange(3)},
        {"a": torch.zeros(2, dtype=torch.float8_e5m2), "b": torch.eye(2).to_sparse(), "c": torch.ones(1) * 1j},
        {"a": torch.quantize_per_tensor(torch.ones(2), 0.5, 0, torch.qint8), "b": torch.empty(0, 2)},
    ],
)
def test_a_value_equals_itself(value: Any) -> None:
    assert differences(value, value) == []


def test_keys_are_equal_that_are_read_from_two_files() -> None:
    one, other = ({StandIn("mine.Key"): 1, float("nan"): 2, 3: (StandIn("mine.Net"),)} for _ in range(2))
    assert differences(one, other) == []
    (row, _) = differences(one, other | {3: 0})
    assert (row.path, row.what) == ("3.0", "only in A")


@pytest.mark.parametrize(
    ("a", "b", "what", "largest"),
    [
        (torch.ones(2), torch.ones(3), "shape", None),
        (torch.ones(2), torch.ones(2, dtype=torch.float64), "dtype", None),
        (torch.tensor([1.0, 2]), torch.tensor([1.0, 4]), "value", 2.0),
        (torch.tensor([1, 2**62]), torch.tensor([1, 2**62 + 1]), "value", 0.0),  # further apart than a float tells
        (torch.tensor([True]), torch.tensor([False]), "value", 1.0),
        (torch.ones(2).to_sparse(), torch.zeros(2).to_sparse(), "value", 1.0),
        (1, 1.0, "kind", None),
        (True, 1, "kind", None),
        (3, 5, "value", 2.0),
        pytest.param(10**400, 1, "value", float("inf"), id="beyond floats"),
        ("a", "b", "value", None),
        (StandIn("mine.A"), StandIn("mine.B"), "value", None),
        (StandIn("mine.A"), 1, "kind", None),
        ([], {}, "kind", None),
    ],
)
def test_what_differs_is_told(a: Any, b: Any, what: str, largest: float | None) -> None:
    (row,) = differences({"x": a}, {"x": b})
    assert (row.path, row.what, row.largest) == ("x", what, largest)


def test_a_nan_against_a_number_differs_whatever_is_tolerated() -> None:
    assert len(differences({"x": torch.tensor([NAN])}, {"x": torch.tensor([1.0])}, rtol=9.0)) == 1
    assert len(differences({"x": NAN}, {"x": 1.0}, rtol=9.0)) == 1


def test_rows_come_in_the_order_of_a_and_then_those_of_b() -> None:
    rows = differences({"z": [1, 2], "a": 1, "same": 0}, {"a": 2, "same": 0, "z": [1], "new": {"k": 1}})
    assert [(row.path, row.what) for row in rows] == [
        ("z.1", "only in A"),
        ("a", "value"),
        ("new.k", "only in B"),
    ]


def test_the_first_element_that_differs_is_named() -> None:
    a, b = torch.zeros(2, 3), torch.zeros(2, 3)
    b[1, 0], b[1, 2] = 0.25, 8
    (row,) = differences({"x": a}, {"x": b})
    assert (row.a, row.b, row.largest) == ("0.0 at [1, 0]", "0.25 at [1, 0]", 8.0)


@given(st.floats(1e-3, 1e3), st.floats(0, 0.1), st.floats(0, 0.1))
def test_a_tolerance_is_relative_to_b(number: float, share: float, rtol: float) -> None:
    a, b = {"x": number * (1 + share)}, {"x": number}
    as_tensors = ({"x": torch.tensor([v["x"]], dtype=torch.float64)} for v in (a, b))
    is_far = abs(a["x"] - b["x"]) > rtol * number
    assert bool(differences(a, b, rtol)) == is_far
    assert bool(differences(*as_tensors, rtol)) == is_far


def test_a_value_that_would_never_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PARTS", 1000)
    loop: list[Any] = []
    loop.append(loop)
    laughs: list[Any] = [1]
    for _ in range(40):
        laughs = [laughs, laughs]
    for value in (loop, laughs):
        with pytest.raises(CheckpointError, match="many times over"):
            differences({"x": value}, {"x": 1})
