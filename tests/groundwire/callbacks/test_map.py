import pytest

from groundwire.callbacks import TrainerCallback
from groundwire.callbacks.map import NATIVE
from groundwire.errors import HookMapError
from groundwire.tables.fuse import Attached
from groundwire.tables.hooks import HOOKS
from groundwire.tables.plan import Part

EVENTS = [name for name, hook in HOOKS.items() if hook.is_event]
ROWS = {row.hook: row for row in NATIVE.rows}


def test_events_and_rows_are_one_to_one_and_in_order():
    assert [row.hook for row in NATIVE.rows] == EVENTS
    assert [row.source for row in NATIVE.rows] == [f"TrainerCallback.{event}" for event in EVENTS]


@pytest.mark.parametrize("event", EVENTS)
def test_a_row_passes_the_trainer_and_everything_the_event_gives(event):
    row = ROWS[event]
    assert (row.position, row.args, row.named) == ("after", ("trainer",), HOOKS[event].gives)


class Tight(TrainerCallback):
    def on_train_step_start(self, trainer):
        pass

    def on_train_step_end(self, trainer):
        pass

    def on_stop_training_error(self, trainer):
        pass


@pytest.mark.parametrize("event", ["on_train_step_start", "on_stop_training_error"])
def test_what_is_optional_need_not_be_taken(event):
    assert Attached.check(ROWS[event], Tight()).named == ()


def test_a_callback_that_cannot_take_the_batch_is_refused():
    with pytest.raises(HookMapError, match=r"Tight\.on_train_step_end .*batch"):
        Attached.check(ROWS["on_train_step_end"], Tight())


class Duck:
    def on_train_epoch_end(self, trainer, **kwargs):
        pass

    on_eval_epoch_end = None


def test_an_object_that_inherits_nothing_listens_to_what_it_has():
    part = Part(NATIVE, "TrainerCallback", Duck())
    assert [event for event in EVENTS if part.implements(event)] == ["on_train_epoch_end"]
    assert not any(Part(NATIVE, "TrainerCallback", TrainerCallback()).implements(event) for event in EVENTS)
