import dataclasses

import pytest
from tests.groundwire.runs import data, trainer_for

from groundwire import RunState
from groundwire.measured.time_ledger import Spent


def test_before_a_run_nothing_has_been_done():
    assert dataclasses.asdict(RunState()) == {
        "phase": "idle",
        "epoch": 0,
        "step": 0,
        "update": 0,
        "eval_step": 0,
        "loader": 0,
        "window": 1,
        "is_update": True,
        "items": None,
        "done": 0,
        "ahead": "epoch",
        "spent": dict.fromkeys(Spent.__slots__, 0.0),
    }


def test_a_misspelt_position_is_an_error():
    with pytest.raises(AttributeError):
        RunState().epochs = 1


def test_after_a_run_the_place_where_it_ended_can_be_read():
    trainer = trainer_for()
    trainer.train(data(5), 2, eval_dataset=data(2), per_device_batch_size=2, gradient_accumulation_steps=2)
    at = trainer.at
    assert (at.phase, at.epoch, at.step, at.update, at.eval_step) == ("idle", 2, 2, 4, 0)
    assert (at.done, at.ahead, at.items) == (0, "epoch", None)


def test_each_run_has_a_place_of_its_own_and_an_evaluation_leaves_that_of_training():
    trainer = trainer_for()
    trainer.train(data(2), 1)
    first = trainer.at
    trainer.evaluate(data(2))
    assert trainer.at is first
    trainer.train(data(2), 3)
    assert (first.epoch, trainer.at.epoch) == (1, 3)
