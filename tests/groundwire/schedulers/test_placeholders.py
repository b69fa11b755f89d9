import copy
import operator
import pickle
from collections import OrderedDict, namedtuple
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire.schedulers.placeholders import (
    Placeholder,
    PlaceholderError,
    TrainerPlaceholderValues,
    replace_trainer_placeholder_values,
)

EPOCHS = TrainerPlaceholderValues.NUM_EPOCHS
UPDATES = TrainerPlaceholderValues.NUM_UPDATE_STEPS_PER_EPOCH
VALUES = {
    "NUM_EPOCHS": 3,
    "NUM_UPDATE_STEPS_PER_EPOCH": 7,
    "PER_PROCESS_NUM_UPDATE_STEPS_PER_EPOCH": 5,
    "TRAIN_DATALOADER_LEN": 11,
    "EVAL_DATALOADER_LEN": 2,
}


def trainer_of(**changed):
    config = SimpleNamespace(num_epochs=3, num_update_steps_per_epoch=7, num_local_update_steps_per_epoch=5)
    run = {"run_config": config, "_train_dataloader": range(11), "_eval_dataloader": [0, 1], **changed}
    return SimpleNamespace(**run)


def filled(value, trainer=None):
    return replace_trainer_placeholder_values(trainer or trainer_of(), partial(dict, value=value)).keywords["value"]


def test_the_set_of_placeholders_is_that_of_their_names():
    assert TrainerPlaceholderValues.placeholder_set() == set(VALUES)


@pytest.mark.parametrize("name", VALUES)
def test_each_placeholder_stands_for_its_number(name):
    assert filled(TrainerPlaceholderValues[name]) == VALUES[name]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (EPOCHS * 2 + 1, 7),
        (2 * EPOCHS, 6),
        (EPOCHS * UPDATES // 2, 10),
        (EPOCHS - 1, 2),
        (10 - EPOCHS, 7),
        (UPDATES / 2, 3.5),
        (21 / UPDATES, 3.0),
        (22 // UPDATES, 3),
        (UPDATES % 4, 3),
        (9 % UPDATES, 2),
        (-EPOCHS, -3),
        (-(EPOCHS + UPDATES) * -0.5, 5.0),
        (sum([EPOCHS, UPDATES]), 10),
        (np.float64(2) * EPOCHS, 6.0),
        (EPOCHS * np.int64(2), 6),
    ],
    ids=repr,
)
def test_arithmetic_composes_from_both_sides(expression, value):
    assert isinstance(expression, Placeholder)
    assert filled(expression) == value


OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
leaves = st.sampled_from([(member, VALUES[member.name]) for member in TrainerPlaceholderValues]) | st.integers(
    -9, 9
).map(lambda number: (number, number))


def combined(children):
    return st.tuples(children, st.sampled_from(sorted(OPERATORS)), children)


@settings(deadline=None)
@given(st.recursive(leaves, combined, max_leaves=12))
def test_an_expression_is_worth_what_python_makes_of_the_numbers(tree):
    def built(node, of):
        if len(node) == 2:
            return node[of]
        return OPERATORS[node[1]](built(node[0], of), built(node[2], of))

    try:
        expected = built(tree, 1)
    except ZeroDivisionError:
        with pytest.raises((PlaceholderError, ZeroDivisionError)):
            filled(built(tree, 0))
    else:
        expression = built(tree, 0)
        assert filled(expression) == expected
        assert filled(pickle.loads(pickle.dumps(expression))) == expected


Pair = namedtuple("Pair", "first second")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([EPOCHS, [UPDATES * 2]], [3, [14]]),
        ((EPOCHS, "a"), (3, "a")),
        (Pair(EPOCHS, 1), Pair(3, 1)),
        ({"a": {"b": EPOCHS}}, {"a": {"b": 3}}),
        (OrderedDict(a=EPOCHS), OrderedDict(a=3)),
        ({EPOCHS, UPDATES}, {3, 7}),
        (frozenset([EPOCHS]), frozenset([3])),
    ],
    ids=repr,
)
def test_placeholders_in_containers_are_filled_and_the_container_keeps_its_type(value, expected):
    assert filled(value) == expected
    assert type(filled(value)) is type(expected)


def test_positional_arguments_and_nested_partials_are_filled():
    inner = partial(dict, a=EPOCHS)
    outer = replace_trainer_placeholder_values(trainer_of(), partial(print, EPOCHS, [inner], end=UPDATES))
    assert (outer.func, outer.args[0], outer.keywords) == (print, 3, {"end": 7})
    assert outer.args[1][0]() == {"a": 3}
    assert inner.keywords == {"a": EPOCHS}


def test_what_was_given_is_not_changed():
    given_list = [EPOCHS, 1]
    factory = partial(dict, value=given_list)
    replace_trainer_placeholder_values(trainer_of(), factory)
    assert given_list == [EPOCHS, 1]
    assert factory.keywords["value"] is given_list


@pytest.mark.parametrize("other", [print, None, 3, EPOCHS, partial(print, 1, sep=["x"]), partial(print)], ids=repr)
def test_what_is_no_partial_or_holds_no_placeholder_is_returned_itself(other):
    assert replace_trainer_placeholder_values(trainer_of(), other) is other


def test_a_torch_scheduler_is_made_from_a_filled_partial():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    factory = partial(torch.optim.lr_scheduler.StepLR, step_size=UPDATES * 7)
    assert replace_trainer_placeholder_values(trainer_of(), factory)(optimizer).step_size == 49


class NoLength:
    def __len__(self):
        raise TypeError("object of type 'Stream' has no len()")


@pytest.mark.parametrize(
    ("placeholder", "trainer", "why"),
    [
        (EPOCHS, trainer_of(run_config=None), "NUM_EPOCHS is not known: SimpleNamespace has not begun a run"),
        (EPOCHS, trainer_of(run_config=SimpleNamespace(num_epochs=None)), "NUM_EPOCHS .*num_epochs was not given"),
        (
            UPDATES * 2,
            trainer_of(run_config=SimpleNamespace(num_update_steps_per_epoch=None)),
            "NUM_UPDATE_STEPS_PER_EPOCH .* because the data has no length",
        ),
        (
            TrainerPlaceholderValues.TRAIN_DATALOADER_LEN,
            trainer_of(_train_dataloader=iter([])),
            "TRAIN_DATALOADER_LEN .* the training data has no length",
        ),
        (
            TrainerPlaceholderValues.EVAL_DATALOADER_LEN,
            trainer_of(_eval_dataloader=NoLength()),
            "EVAL_DATALOADER_LEN .* the evaluation data has no length .*Stream",
        ),
        (
            TrainerPlaceholderValues.EVAL_DATALOADER_LEN,
            trainer_of(_eval_dataloader=None),
            "EVAL_DATALOADER_LEN .* no evaluation data in this run",
        ),
    ],
)
def test_an_unknown_value_is_an_error_that_names_the_placeholder_and_a_way_out(placeholder, trainer, why):
    with pytest.raises(PlaceholderError, match=f"{why}.*Pass a plain number"):
        filled(placeholder, trainer)


def test_a_division_by_zero_names_the_expression():
    with pytest.raises(PlaceholderError, match=r"4 // \(TrainerPlaceholderValues.NUM_EPOCHS - 3\) divides by zero"):
        filled(4 // (EPOCHS - 3))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p: p < 3,
        lambda p: p >= EPOCHS,
        lambda p: p == 3,
        lambda p: p != 3,
        lambda p: 3 == p,  # noqa: SIM300
        bool,
        int,
        float,
        round,
        range,
        abs,
        lambda p: p**2,
        lambda p: 2**p,
        lambda p: divmod(p, 2),
        lambda p: p @ p,
        lambda p: p << 1,
        lambda p: p | 1,
    ],
)
@pytest.mark.parametrize("placeholder", [EPOCHS, EPOCHS * 2], ids=repr)
def test_an_operation_that_needs_the_number_now_is_refused(wrong, placeholder):
    with pytest.raises(TypeError, match=r"NUM_EPOCHS.* before a run.*\+ - \* / // %"):
        wrong(placeholder)


@pytest.mark.parametrize("other", ["2", None, [1], torch.ones(2)], ids=["text", "none", "list", "tensor"])
def test_arithmetic_with_what_is_no_number_is_refused(other):
    with pytest.raises(TypeError, match=r"NUM_EPOCHS.*not a number"):
        EPOCHS * other
    with pytest.raises(TypeError, match=r"NUM_EPOCHS.*not a number"):
        other - EPOCHS


def test_members_and_expressions_survive_pickle_and_deepcopy():
    for placeholder in [*TrainerPlaceholderValues, EPOCHS * UPDATES // 2]:
        assert pickle.loads(pickle.dumps(placeholder)) == placeholder
        assert copy.deepcopy(placeholder) == placeholder
    assert pickle.loads(pickle.dumps(EPOCHS)) is EPOCHS


def test_placeholders_are_hashable_and_equal_by_what_they_say():
    assert {EPOCHS * 2: "a"}[EPOCHS * 2] == "a"
    assert EPOCHS * 2 != 2 * EPOCHS
    assert EPOCHS != UPDATES
    assert EPOCHS != "NUM_EPOCHS"
    assert EPOCHS is not None
    assert len({EPOCHS, UPDATES, EPOCHS * 2, EPOCHS * 2}) == 3


def test_the_repr_reads_like_the_expression():
    assert repr(EPOCHS) == str(EPOCHS) == "TrainerPlaceholderValues.NUM_EPOCHS"
    written = "(TrainerPlaceholderValues.NUM_EPOCHS * TrainerPlaceholderValues.NUM_UPDATE_STEPS_PER_EPOCH) // 2"
    assert repr(EPOCHS * UPDATES // 2) == written
