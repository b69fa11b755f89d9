"""Words for values: short, and with nothing in them that steers a terminal."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire.saved.stand_ins import StandIn
from groundwire_tools.ckpt.printable import brief, joined, printable, size_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.ones(2, 3), "float32[2, 3]"),
        (torch.tensor(3), "int64[] 3"),
        (StandIn("mine.Net"), "<mine.Net, not loaded>"),
        ([1, 2], "[1, 2]"),
        ([1, [2]], "list of 2"),
        (3, "3"),
        pytest.param(10**5000, "int with a number of too many digits", id="too many digits"),
        (dict.fromkeys(range(9)), "dict of 9"),
        ("a\x1b", "'a\\x1b'"),
    ],
)
def test_a_value_in_a_few_words(value: Any, text: str) -> None:
    assert brief(value) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"), (5 * 10**16, "50000.0 TB")],
)
def test_a_size_has_the_unit_that_suits_it(size: int, text: str) -> None:
    assert size_text(size) == text


@settings(max_examples=30)
@given(st.text(max_size=20))
def test_nothing_unprintable_is_left(text: str) -> None:
    assert printable(text).isprintable()
    assert joined([text, 1, (text,)]).isprintable()
