"""Summaries of values: what differs is seen, whatever its dtype, and the size has a bound."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from groundwire.testing.summaries import SAMPLE, bits_and_norms, plain_value, random_digests, signature_of, summary_of

TENSORS = [
    torch.arange(6.0).reshape(2, 3).T,
    torch.ones(3, dtype=torch.bfloat16),
    torch.tensor(3),
    torch.tensor([True, False]),
    torch.tensor([1 + 2j]).conj(),
    torch.zeros(0),
    torch.eye(3).to_sparse(),
    torch.quantize_per_tensor(torch.ones(3), 0.5, 0, torch.qint8),
    torch.nn.Parameter(torch.randn(2)),
]


@pytest.mark.parametrize("tensor", TENSORS, ids=lambda tensor: f"{tensor.dtype}-{tensor.layout}")
def test_a_tensor_of_any_kind_has_a_summary_that_json_holds(tensor: torch.Tensor) -> None:
    summary = summary_of(tensor)
    assert json.loads(json.dumps(summary)) == summary
    assert summary == summary_of(tensor.detach().clone())
    assert len(bits_and_norms([tensor])) == 1


def test_a_tensor_without_bytes_has_a_summary() -> None:
    assert summary_of(torch.ones(2, device="meta"))["digest"] == ""


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=200), st.data())
def test_one_bit_more_is_another_summary(values: list[float], data: st.DataObject) -> None:
    tensor = torch.tensor(values)
    other = tensor.clone()
    at = data.draw(st.integers(0, len(values) - 1))
    other[at] = torch.nextafter(tensor[at], torch.tensor(float("inf") if tensor[at] < 0 else float("-inf")))
    one, two = summary_of(tensor), summary_of(other)
    assert one["digest"] != two["digest"]
    assert bits_and_norms([tensor])[0][0] != bits_and_norms([other])[0][0]
    assert len(one["values"]) <= SAMPLE


@pytest.mark.parametrize(
    ("value", "signature"),
    [
        (None, None),
        (3, 3),
        ("fit", "fit"),
        (torch.ones(2, 3), "float32[2, 3]"),
        ({"x": torch.ones(1).long()}, {"x": "int64[1]"}),
        (tuple(range(10)), [*range(8), "and 2"]),
        (random.Random(), "Random"),
    ],
)
def test_an_argument_is_told_in_a_few_words(value: object, signature: object) -> None:
    assert signature_of(value) == signature


def test_a_long_text_is_told_by_its_beginning_and_a_digest() -> None:
    assert signature_of("x" * 100) != signature_of("x" * 99 + "y")
    assert len(signature_of("x" * 1000)) < 120


def test_parts_of_a_framework_have_no_name() -> None:
    from groundwire.run_config import TrainerRunConfig

    assert signature_of(TrainerRunConfig.__new__(TrainerRunConfig)) == "a part of the framework"


def test_a_result_is_told_with_its_numbers() -> None:
    result = [{"loss": torch.tensor(0.5), "acc": np.float32(0.25)}, (1, torch.ones(2), "text")]
    assert plain_value(result) == [{"loss": 0.5, "acc": 0.25}, [1, summary_of(torch.ones(2)), "text"]]


def test_each_source_of_random_numbers_is_seen() -> None:
    before = random_digests()
    random.random()
    after_python = random_digests()
    np.random.rand()
    after_numpy = random_digests()
    with torch.random.fork_rng():
        torch.rand(1)
        after_torch = random_digests()
    changes = [
        {name for name in one if one[name] != other[name]}
        for one, other in ((before, after_python), (after_python, after_numpy), (after_numpy, after_torch))
    ]
    assert changes == [{"python"}, {"numpy"}, {"torch"}]
