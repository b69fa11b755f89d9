import copy
from types import SimpleNamespace

import pytest

from groundwire import CheckpointError
from groundwire.saved.stand_ins import StandIn, levels, stand_ins

FOREIGN = StandIn("somewhere.Thing")


@pytest.mark.parametrize(
    "use",
    [
        lambda thing: thing(),
        lambda thing: thing.name,
        len,
        list,
        bool,
        float,
        lambda thing: thing[0],
        lambda thing: thing == 1,
        lambda thing: thing + 1,
        lambda thing: 2 * thing,
    ],
)
def test_every_use_of_a_stand_in_names_what_was_not_loaded(use):
    with pytest.raises(CheckpointError, match=r"somewhere\.Thing stands in a file and was not loaded"):
        use(FOREIGN)


def test_a_stand_in_is_copied_as_itself():
    assert copy.copy(FOREIGN) is copy.deepcopy(FOREIGN) is FOREIGN


@pytest.mark.parametrize(
    "value", [FOREIGN, [FOREIGN], {"a": (1, FOREIGN)}, {FOREIGN: 1}, SimpleNamespace(a=[{"b": FOREIGN}])]
)
def test_a_stand_in_is_found_wherever_it_is(value):
    assert [found.foreign_name for found in stand_ins(value)] == ["somewhere.Thing"]


def test_a_value_that_holds_itself_has_an_end():
    value = [1]
    value.append(value)
    assert len(list(levels(value))) == 2
