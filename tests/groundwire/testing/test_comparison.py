"""Comparison of records: each kind of difference is found where it is, with its size, and nothing else is."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from groundwire.testing import KINDS, Record, compare
from groundwire.testing.summaries import bits_and_norms, summary_of

WEIGHT = torch.arange(100.0)


def events() -> list[dict[str, Any]]:
    tensors = {"l.weight": bits_and_norms([WEIGHT])[0], "l.bias": bits_and_norms([WEIGHT[:2]])[0]}
    step = {"k": "step", "optimizer": "SGD 0", "rates": [0.1, 0.2], "tensors": tensors}
    return [
        {"k": "start", "torch": "2.9"},
        {"k": "call", "name": "Trainer.fit", "args": []},
        {"k": "call", "name": "Net.training_step", "args": [{"x": "float32[2]"}, 0], "at": [0, 0]},
        {"k": "loss", "values": [0.5]},
        copy.deepcopy(step),
        {"k": "call", "name": "Net.training_step", "args": [{"x": "float32[2]"}, 1], "at": [1, 1]},
        {"k": "loss", "values": [0.25]},
        step,
        {"k": "logged", "who": "CSVLogger", "step": 1, "values": {"loss": 0.25, "acc": 1.0}},
        {"k": "metrics", "of": "callback_metrics", "where": "at the end of train epoch 0", "values": {"loss": 0.2}},
        {"k": "random", "where": "at the end of train epoch 0", "states": {"python": "a", "torch": "b"}},
        {"k": "weights", "where": "at the end of train epoch 0", "tensors": {"l.weight": summary_of(WEIGHT)}},
        {"k": "result", "of": "validate", "value": [{"acc": 0.5}]},
        {"k": "end", "code": 0, "error": None},
    ]


def record(**changes: Any) -> Record:
    return Record(events(), {"l.weight": WEIGHT}, {"a.csv": {"row 1 loss": 0.5}, "b.txt": {"line 1": "over"}})


def test_a_record_equals_itself() -> None:
    outcome = compare(record(), record())
    assert outcome.is_equal
    assert {row.kind: row.compared for row in outcome.rows} == dict(zip(KINDS, (2, 2, 4, 3, 1, 2, 2), strict=True))


def change(path: str, value: Any) -> Any:
    """A change of an event: its number, and the keys to what is replaced."""
    at, *keys = path.split("/")

    def changed(of: Record) -> None:
        place: Any = of.events[int(at)]
        for key in keys[:-1]:
            place = place[int(key) if isinstance(place, list) else key]
        place[int(keys[-1]) if isinstance(place, list) else keys[-1]] = value

    return changed


CHANGES = [
    (change("6/values/0", 0.26), "losses", "loss", "backward pass 2, after 1 optimizer step"),
    (change("7/rates/1", 0.3), "optimizer steps", "SGD 0 learning rate of group 1", "step 2, after 1 optimizer step"),
    (change("4/tensors/l.bias", [5, 1.5]), "optimizer steps", "SGD 0 l.bias", "step 1, after 0 optimizer steps"),
    (change("7/optimizer", "Adam 0"), "optimizer steps", "another one is next", "step 2"),
    (change("5/args/1", 7), "hooks", "Net.training_step argument 1", "call 3"),
    (change("5/name", "Net.on_x"), "hooks", "another one is next", "call 3"),
    (change("5/at", [1, 0]), "hooks", "Net.training_step optimizer steps before it", "call 3"),
    (change("13/code", 3), "hooks", "the end of the program exit code", "call 4"),
    (change("8/values/acc", 0.5), "logged", "CSVLogger at step 1 acc", "row 1, after 2 optimizer steps"),
    (change("8/step", 2), "logged", "another one is next", "row 1"),
    (change("9/values/loss", 0.3), "logged", "callback_metrics loss", "at the end of train epoch 0"),
    (change("12/value/0/acc", 0.6), "logged", "result of validate 0 acc", "after 2 optimizer steps"),
    (change("10/states/python", "x"), "random state", "random state of python", "at the end of train epoch 0"),
    (change("11/tensors/l.weight", summary_of(WEIGHT + 1)), "weights", "weights l.weight", "at the end of train"),
    (lambda of: of.weights.update({"l.weight": WEIGHT * 2}), "weights", "weights l.weight", "at the end of the run"),
    (lambda of: of.files["a.csv"].update({"row 1 loss": 0.6}), "files", "a.csv row 1 loss", "written by the run"),
    (lambda of: of.files.pop("a.csv"), "files", "a.csv, which one side alone has", "written by the run"),
    (lambda of: of.files.update({"c": {}}), "files", "c, which one side alone has", "written by the run"),
]


@pytest.mark.parametrize(("changed", "kind", "what", "where"), CHANGES)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_difference_is_found_where_it_is(changed: Any, kind: str, what: str, where: str, is_first: bool) -> None:
    one, other = record(), record()
    changed(one if is_first else other)
    outcome = compare(one, other)
    (difference,) = outcome.differences
    assert (difference.kind, difference.what) == (kind, what)
    assert difference.where.startswith(where)
    assert {row.kind for row in outcome.rows if row.differ} == {kind}
    assert [row.differ for row in outcome.rows if row.kind == kind] == [1]


@pytest.mark.parametrize("at", [0, 5])
def test_a_call_that_one_run_alone_makes_is_one_difference(at: int) -> None:
    other = record()
    other.events.insert(at, {"k": "call", "name": "Net.on_x", "args": []})
    outcome = compare(record(), other)
    assert [row.differ for row in outcome.rows if row.kind == "hooks"] == [1]
    assert (outcome.differences[0].a, outcome.differences[0].b) == ("nothing", "Net.on_x")


def test_the_first_place_is_the_one_that_happened_first() -> None:
    other = record()
    for changed, *_ in CHANGES[8], CHANGES[0], CHANGES[4]:
        changed(other)
    assert [difference.kind for difference in compare(record(), other).differences] == ["hooks", "losses", "logged"]


def test_the_size_of_a_difference_of_weights_is_told() -> None:
    other = record()
    other.weights["l.weight"] = WEIGHT.clone().index_fill(0, torch.tensor([3, 5]), 7.0)
    (difference,) = compare(record(), other).differences
    assert (difference.a, difference.b) == ("float32[100] … 3.0", "float32[100] … 7.0")
    assert (difference.largest, difference.mean) == (4.0, 0.06)
    assert "largest difference 4, mean 0.06" in difference.told("Lightning", "groundwire")


def test_values_beyond_those_that_were_kept_differ_too() -> None:
    other = record()
    other.events[11]["tensors"]["l.weight"]["digest"] = "another"
    (difference,) = compare(record(), other).differences
    assert "64 values that were kept are equal" in difference.a


@pytest.mark.parametrize("dtype", [torch.float64, torch.int64])
def test_weights_of_another_kind_differ(dtype: torch.dtype) -> None:
    other = record()
    other.weights["l.weight"] = WEIGHT.to(dtype)
    assert not compare(record(), other).is_equal


@given(st.floats(), st.floats(), st.sampled_from([0.0, 1e-3, 0.5]))
def test_numbers_are_equal_as_the_tolerance_says(a: float, b: float, rtol: float) -> None:
    one, other = record(), record()
    one.events[3]["values"], other.events[3]["values"] = [a], [b]
    one.weights["l.weight"], other.weights["l.weight"] = (torch.tensor([each], dtype=torch.float64) for each in (a, b))
    outcome = compare(one, other, rtol)
    both = math.isnan(a) and math.isnan(b)
    expected = both or a == b or (rtol > 0 and abs(a - b) <= rtol * abs(b) and abs(b) != float("inf"))
    assert [row.differ for row in outcome.rows if row.kind in ("losses", "weights")] == [0 if expected else 1] * 2


def test_a_tolerance_takes_norms_and_samples_of_tensors() -> None:
    other = record()
    other.events[4]["tensors"]["l.bias"] = [5, 1.0000001]
    other.events[11]["tensors"]["l.weight"] = summary_of(WEIGHT * 1.0000001)
    assert not compare(record(), other).is_equal
    assert compare(record(), other, rtol=1e-5).is_equal


def test_a_run_that_was_ended_after_some_steps_is_compared_up_to_there() -> None:
    other = Record(
        [*events()[:5], {"k": "weights", "where": "after the last step", "tensors": {}}, {"k": "limit", "steps": 1}]
    )
    outcome = compare(record(), other)
    assert outcome.is_equal
    assert {row.kind: row.compared for row in outcome.rows}["optimizer steps"] == 1
    assert "files" not in {row.kind for row in outcome.rows}


def test_two_runs_that_were_ended_at_the_same_step_are_compared_with_their_state_but_without_files() -> None:
    one, other = record(), record()
    for each in (one, other):
        each.events.append({"k": "limit", "steps": 2})
    other.weights["l.weight"] = WEIGHT + 1
    outcome = compare(one, other)
    assert [difference.kind for difference in outcome.differences] == ["weights"]
    assert "files" not in {row.kind for row in outcome.rows}


def test_kinds_that_are_not_asked_for_are_left_out() -> None:
    other = record()
    CHANGES[0][0](other)
    assert [row.kind for row in compare(record(), other, only=["hooks"]).rows] == ["hooks"]
    with pytest.raises(ValueError, match="'nothing' is no kind"):
        compare(record(), other, only=["nothing"])
