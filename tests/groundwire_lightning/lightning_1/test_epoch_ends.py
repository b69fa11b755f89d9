import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire_lightning.lightning_1.epoch_ends import EvaluationOutputs, TrainingOutputs, by_optimizer, squeezed

A, B, C, D = ({"loss": letter} for letter in "abcd")


@pytest.mark.parametrize(
    ("outputs", "due"),
    [
        ([], []),
        ([[[A]]], [A]),
        ([[[A]], [[B]]], [A, B]),
        ([[[A]], [], [[B]]], [A, B]),
        ([[], []], []),
        ([[[A, B]], [[C, D]]], [[A, B], [C, D]]),
        ([[[A, None]], [[None, B]]], [[A], [B]]),
        ([[[A, None]], [[B, None]]], [[A], [B]]),
        ([[[A], [B]], [[C], [D]]], [[A, B], [C, D]]),
        ([[[A], [B]]], [A, B]),
        ([[[A, B], [C, D]]], [[A, B], [C, D]]),
        ([[[A, B], [C, D]], [[A, B], [C, D]]], [[[A, B], [C, D]], [[A, B], [C, D]]]),
    ],
)
def test_levels_with_one_entry_are_left_out(outputs, due):
    assert squeezed(outputs) == due


def by_numpy(outputs):
    """The same, by a rectangle of which every axis of length one is dropped, as Lightning 1 makes it."""
    parts = [part for batch in outputs for part in batch]
    shape = (len(outputs), max(map(len, outputs), default=0), max(map(len, parts), default=0))
    whole = np.full(shape if parts else shape[:2] if outputs else shape[:1], None, dtype=object)
    for place in np.ndindex(*shape) if parts else ():
        batch, part, optimizer = place
        if part < len(outputs[batch]) and optimizer < len(outputs[batch][part]):
            whole[place] = outputs[batch][part][optimizer]
    level = whole.squeeze().tolist()

    def unpadded(entry):
        return [unpadded(one) for one in entry if one is not None] if isinstance(entry, list) else entry

    level = unpadded(level)
    return [entry for entry in (level if isinstance(level, list) else [level]) if entry != []]


STEP = st.one_of(st.none(), st.sampled_from([A, B, C]))


@given(st.lists(st.lists(st.lists(STEP, min_size=1, max_size=3), max_size=3), max_size=3))
def test_it_is_what_a_squeezed_rectangle_is(outputs):
    assert squeezed(outputs) == by_numpy(outputs)


def taken(*batches, split=None):
    outputs = TrainingOutputs()
    for batch in batches:
        outputs.take(batch, SimpleNamespace(_run=SimpleNamespace(split_outputs=split)))
    return outputs


def test_a_training_epoch_is_what_its_batches_came_to():
    outputs = taken(A, {}, None, B)
    assert outputs.gathered == [A, B]
    assert outputs.has_batches
    outputs.end()
    assert (outputs.gathered, outputs.has_batches) == ([], False)


def test_a_step_in_several_turns_is_taken_by_turn():
    assert taken([A, B], split=[[A, B]]).gathered == [A, B]
    assert taken([A, B], [A, B], split=[[A, B]]).gathered == [[A, B], [A, B]]


def test_an_evaluation_within_another_has_its_own_outputs():
    outputs = EvaluationOutputs()
    trainer = SimpleNamespace(
        sanity_checking=False, num_val_batches=[2], num_test_batches=[1, 1], _phase=SimpleNamespace(prefix="val")
    )
    outputs.begin(trainer)
    outputs.take("a", 0)
    trainer._phase.prefix = "test"
    outputs.begin(trainer)
    outputs.take("b", 1)
    outputs.take(None, 0)
    assert outputs.gathered == [[], ["b"]]
    outputs.end()
    assert outputs.gathered == ["a"]


@pytest.mark.parametrize(
    ("outputs", "due"),
    [
        ([], []),
        ([[[A, B]], [[C, D]]], [[A, C], [B, D]]),
        ([[[A, B]], [[C, None]], []], [[A, C], [B]]),
        ([[[A, B], [C, D]], [[A, None]]], [[[A, C], A], [[B, D]]]),
    ],
)
def test_up_to_1_7_optimizers_came_before_batches(outputs, due):
    assert by_optimizer(outputs) == due


def test_results_in_dictionaries_come_by_optimizer():
    first, second = {"loss": 1, "log": {}}, {"loss": 2, "progress_bar": {}}
    outputs = TrainingOutputs()
    outputs.take({"loss": 2}, SimpleNamespace(_run=SimpleNamespace(split_outputs=[[first, second]])))
    outputs.take({"loss": 1}, SimpleNamespace(_run=SimpleNamespace(split_outputs=[[first, None]])))
    assert outputs.gathered == [[first, first], [second]]


def test_both_nestings_are_named_once_where_nothing_decides():
    outputs = TrainingOutputs()
    outputs.take(B, SimpleNamespace(_run=SimpleNamespace(split_outputs=[[A, B]])))
    with pytest.warns(UserWarning, match=r"outputs\[batch\]\[optimizer\].*outputs\[optimizer\]\[batch\]"):
        assert outputs.gathered == [A, B]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert outputs.gathered == [A, B]
