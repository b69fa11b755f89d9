"""What is needed follows from what the program uses and its run does."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.eject.made import listener, writing
from tests.groundwire_tools.eject.variants import BY_HAND, MEMBERS, program


def test_a_hook_is_told_to_callbacks_first() -> None:
    mine = listener("Mine", "setup", variable="mine")
    known = writing(program(trainer="callbacks=[]"), listeners=(mine,), order=(0,), module=frozenset({"setup"}))
    assert known.told("setup", 'stage="fit"') == ['self.mine.setup(self, model, stage="fit")', 'model.setup("fit")']
    assert known.told("teardown") == []


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        ({"device": "cuda:0"}, ["batch = to_device(fetched)"]),
        (
            {"module": frozenset({"on_before_batch_transfer"}), "device": "cuda:0"},
            ["batch = model.on_before_batch_transfer(fetched, 0)", "batch = to_device(batch)"],
        ),
        ({"data": frozenset({"on_after_batch_transfer"})}, ["batch = datamodule.on_after_batch_transfer(fetched, 0)"]),
    ],
)
def test_a_batch_goes_to_its_device(changes: dict[str, object], lines: list[str]) -> None:
    known = writing(**changes)  # type: ignore[arg-type]  # facts of any kind
    assert known.moved() == lines
    assert known.fetched == ("fetched" if lines else "batch")


def test_a_mean_is_made_where_one_is_asked_for() -> None:
    steps = program(members=MEMBERS["training_step"].replace(", on_epoch=True", ""), fit="model, train")
    assert writing().logs(of_training=True)
    assert writing().logs(of_training=False)
    assert writing(program(members=BY_HAND)).logs(of_training=True)
    assert writing(steps.replace('self.log("val_loss"', 'print("val_loss"')).logs(of_training=False) is False


def test_a_value_is_the_attribute_of_an_argument_that_is_passed() -> None:
    assert writing().value("max_epochs") == "self.max_epochs"
    assert writing().value("max_steps") == "-1"
