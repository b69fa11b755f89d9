import contextlib
import copy
import pickle
import traceback
from types import SimpleNamespace

import pytest
import torch
from accelerate import Accelerator
from tests.groundwire.runs import data, equal, listener, network, recording, step_lr, trainer_for, weights
from torch import nn

from groundwire import (
    HOOKS,
    HookMap,
    HookMapError,
    InMemoryRunHistory,
    StopTrainingError,
    Trainer,
    TrainerCallback,
    row,
)
from groundwire.callbacks import CallbackHandler
from groundwire.tables.fuse import nothing

METHODS = [name for name, hook in HOOKS.items() if not hook.is_event]
EVENTS = [name for name, hook in HOOKS.items() if hook.is_event]


class Diary(TrainerCallback):
    """Writes down some events, and does something at one of them."""

    def __init__(self, at=None, do=None):
        self.heard, self.at, self.do = [], at, do

    def on_train_epoch_start(self, trainer, **kwargs):
        self.note("on_train_epoch_start", trainer)

    def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
        self.note("on_train_step_end", trainer)

    def on_train_epoch_end(self, trainer, **kwargs):
        self.note("on_train_epoch_end", trainer)

    def on_exception(self, trainer, error, **kwargs):
        self.heard.append(error)

    def note(self, event, trainer):
        self.heard.append(event)
        if event == self.at:
            self.do(trainer)


class Deaf(TrainerCallback):
    """Overrides nothing."""


# What a hook costs.


@pytest.mark.parametrize("callbacks", [(), [Deaf, Deaf]], ids=["no callback", "deaf callbacks"])
def test_a_hook_to_which_nobody_attaches_is_the_trainers_own_bound_method(callbacks):
    trainer = trainer_for(callbacks=callbacks)

    def check():
        assert all(getattr(trainer.plan, name) == getattr(trainer, name) for name in METHODS)
        assert all(getattr(trainer.plan, name) is nothing for name in EVENTS)

    class Checks(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            trainer.callback_handler.callbacks = [one for one in trainer.callback_handler if one is not self]
            trainer._callbacks_changed()
            check()

    check()
    trainer.callback_handler.add_callback(Checks)
    trainer.train(data(2), 1)
    check()


def test_an_override_of_the_trainer_stands_in_its_slot_as_it_is():
    trainer = trainer_for(kind=recording(Trainer, ["optimizer_step"]))
    assert trainer.plan.optimizer_step == trainer.optimizer_step
    assert trainer.plan.optimizer_step.__func__ is not Trainer.optimizer_step


# Who listens, and from when on.


def test_a_callback_that_joins_in_the_middle_of_a_run_is_heard_at_the_next_hook():
    late = Diary()
    early = Diary("on_train_step_end", lambda trainer: late in trainer.callback_handler or join(trainer))

    def join(trainer):
        trainer.callback_handler.add_callback(late)

    trainer_for(callbacks=[early]).train(data(2), 1, per_device_batch_size=1)
    assert early.heard == ["on_train_epoch_start", "on_train_step_end", "on_train_step_end", "on_train_epoch_end"]
    assert late.heard == ["on_train_step_end", "on_train_epoch_end"]


def test_callbacks_that_leave_in_the_middle_of_a_run_are_heard_no_more():
    leaving = Diary("on_train_step_end", lambda trainer: trainer.callback_handler.clear_callbacks())
    trainer = trainer_for(callbacks=[leaving])
    trainer.train(data(2), 2, per_device_batch_size=1)
    assert leaving.heard == ["on_train_epoch_start", "on_train_step_end"]
    assert trainer.at.epoch == 2


def test_a_callback_that_joins_between_runs_is_heard_in_the_next():
    joins, trainer = Diary(), trainer_for()
    trainer.train(data(2), 1)
    trainer.callback_handler.add_callback(joins)
    assert joins.heard == []
    trainer.train(data(2), 1)
    assert joins.heard == ["on_train_epoch_start", "on_train_step_end", "on_train_epoch_end"]


def test_a_callback_that_cannot_be_called_does_not_join_a_run():
    class Narrow(TrainerCallback):
        def on_train_epoch_end(self):
            """Does not even take the Trainer."""

    refused = []

    def invite(trainer):
        with pytest.raises(HookMapError, match=r"Narrow.on_train_epoch_end") as caught:
            trainer.callback_handler.add_callback(Narrow)
        refused.append(caught.value)

    host = Diary("on_train_epoch_start", invite)
    trainer = trainer_for(callbacks=[host])
    trainer.train(data(2), 1)
    assert len(refused) == 1
    assert trainer.callback_handler.callback_list == ["Diary"]
    assert host.heard[-1] == "on_train_epoch_end"


def test_two_callbacks_of_one_class_are_both_told_in_their_order():  # B41
    order = []
    one = Diary("on_train_epoch_end", lambda trainer: order.append("one"))
    other = Diary("on_train_epoch_end", lambda trainer: order.append("other"))
    trainer_for(callbacks=[other, one]).train(data(2), 1)
    assert order == ["other", "one"]


def test_a_callback_may_listen_without_being_a_trainer_callback():
    class Duck:
        def on_train_update_end(self, trainer, step):
            self.steps = [*getattr(self, "steps", []), step]

    duck = Duck()
    trainer_for(callbacks=[duck]).train(data(3), 1, per_device_batch_size=1)
    assert duck.steps == [0, 1, 2]


def test_the_end_of_construction_is_told_once_and_to_those_who_are_there():
    trainer = trainer_for(callbacks=[listener("on_init_end")])
    assert trainer.seen == ["on_init_end"]
    trainer.callback_handler.add_callback(listener("on_init_end"))
    trainer.train(data(2), 1)
    assert trainer.seen == ["on_init_end"]


def test_an_event_of_ones_own_reaches_those_who_have_it():
    class Brews(Trainer):
        def train_epoch_end(self):
            super().train_epoch_end()
            self.callback_handler.call_event("on_coffee", self, cups=self.at.epoch)

    class Drinks(TrainerCallback):
        cups = 0

        def on_coffee(self, trainer, cups):
            self.cups += cups

    drinks = Drinks()
    trainer_for(kind=Brews, callbacks=[Deaf, drinks]).train(data(2), 3)
    assert drinks.cups == 1 + 2 + 3


def test_a_callback_can_be_driven_by_hand_with_anything_that_has_the_trainers_attributes():
    class Counts(TrainerCallback):
        def on_train_step_end(self, trainer, batch, batch_output, **kwargs):
            trainer.run_history.update_metric("seen", batch_output["batch_size"])

    stand_in = SimpleNamespace(run_history=InMemoryRunHistory())
    handler = CallbackHandler([Counts])
    handler.call_event("on_train_step_end", stand_in, batch=None, batch_output={"batch_size": 4})
    handler.callbacks[0].on_train_step_end(stand_in, None, {"batch_size": 2})
    assert stand_in.run_history.get_metric_values("seen") == [4, 2]


def test_a_callback_with_a_table_of_its_own_is_run_by_that_table():
    class Gauge:
        def __init__(self):
            self.read = []

        def measure(self, rate): ...

    class Thermometer(Gauge):
        def measure(self, rate):
            self.read.append(rate)

    class WithTable(Thermometer):
        hookmap = HookMap(
            "Gauges",
            (row("Gauge.measure", after="optimizer_step", args=("at.update",)),),
            bases={"Gauge": Gauge},
            listed={"Gauge"},
        )

    gauge = WithTable()
    trainer_for(callbacks=[gauge]).train(data(3), 1, per_device_batch_size=1)
    assert gauge.read == [0, 1, 2]


def test_a_trainer_class_says_what_other_callbacks_may_stand_in_its_list():
    class Foreign:
        def begin(self, model): ...

    class Mine(Foreign):
        def begin(self, model):
            self.model = model

        def on_coffee(self, trainer):
            raise AssertionError("its table does not name this")

    table = HookMap(
        "Foreign",
        (row("Foreign.begin", before="train_epoch_start", args=("model",)),),
        bases={"Foreign": Foreign},
        listed={"Foreign"},
    )
    mine = Mine()
    trainer = trainer_for(kind=type("Adapter", (Trainer,), {"hook_maps": (table,)}), callbacks=[mine, Deaf])
    trainer.train(data(2), 1)
    assert mine.model is trainer.model
    trainer.callback_handler.call_event("on_coffee", trainer)


# Errors.


class BrokenError(Exception):
    """What goes wrong here."""


def breaks(trainer):
    raise BrokenError("in the middle")


def test_an_error_in_a_callback_surfaces_with_its_traceback():
    with pytest.raises(BrokenError, match="in the middle") as caught:
        trainer_for(callbacks=[Diary("on_train_step_end", breaks)]).train(data(2), 1)
    told = "".join(traceback.format_exception(caught.value))
    assert 'raise BrokenError("in the middle")' in told
    assert "<groundwire plan" in told
    assert "after_0(trainer, batch=batch, batch_output=batch_output" in told


def test_a_missing_attribute_in_a_callback_surfaces():  # B25
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        trainer_for(callbacks=[Diary("on_train_step_end", lambda trainer: trainer.nothing_of_this_name)]).train(
            data(2), 1
        )


@pytest.mark.parametrize("event", ["on_train_epoch_start", "on_train_step_end", "on_train_epoch_end"])
@pytest.mark.parametrize("kind", [BrokenError, KeyboardInterrupt, SystemExit])
def test_an_error_that_leaves_a_run_is_told_and_the_trainer_can_be_used_again(event, kind):
    def fails(trainer):
        raise kind("once")

    hears, broken = Diary(), Diary(event, fails)
    trainer = trainer_for(callbacks=[hears, broken])
    model = trainer.model
    with pytest.raises(kind) as caught:
        trainer.train(data(4), 2, eval_dataset=data(2), create_scheduler_fn=step_lr)
    assert hears.heard[-1] is broken.heard[-1] is caught.value
    assert trainer.at.phase == "idle"
    assert trainer.model is model
    broken.at = None
    trainer.train(data(4), 2, eval_dataset=data(2))
    assert len(trainer.run_history.get_metric_values("eval_loss_epoch")) == 2


@pytest.mark.parametrize("do", [breaks, lambda trainer: None], ids=["after an error", "after a run"])
def test_the_model_comes_out_of_its_wrappers_when_a_run_is_over(do):
    class Wraps(Trainer):
        def _prepare_model_and_optimizer(self):
            super()._prepare_model_and_optimizer()
            self.model = nn.DataParallel(self.model)

    trainer = trainer_for(kind=Wraps, callbacks=[Diary("on_train_step_end", do)])
    model = trainer.model
    with contextlib.suppress(BrokenError):
        trainer.train(data(2), 1)
    assert trainer.model is model


def test_an_error_in_the_assembly_of_a_run_is_told_too():
    class Fails(Trainer):
        def create_scheduler(self):
            raise BrokenError("no scheduler today")

    hears = Diary()
    with pytest.raises(BrokenError) as caught:
        trainer_for(kind=Fails, callbacks=[hears]).train(data(2), 1)
    assert hears.heard == [caught.value]


def test_an_orderly_stop_is_no_exception():
    def stop(trainer):
        raise StopTrainingError("enough")

    hears = Diary("on_train_epoch_start", stop)
    trainer_for(callbacks=[hears]).train(data(2), 1)
    assert hears.heard == ["on_train_epoch_start"]


def test_an_error_while_an_error_is_told_does_not_hide_it():
    class Clumsy(Diary):
        def on_exception(self, trainer, error, **kwargs):
            raise RuntimeError("and then this")

    with pytest.raises(BrokenError) as caught:
        trainer_for(callbacks=[Clumsy("on_train_step_end", breaks)]).train(data(2), 1)
    notes = getattr(caught.value, "__notes__", None)  # Python 3.10 has none; there it is printed
    assert notes in (None, ["on_exception raised RuntimeError: and then this"])


# A run inside a run.


def test_training_inside_a_run_gives_the_outer_run_back_what_it_had():
    inner = []

    def train(trainer):
        inner.append(trainer.at)
        if len(inner) == 1:
            trainer.train(data(1), 1, per_device_batch_size=1)

    plain, nested = trainer_for(lr=0.0), trainer_for(lr=0.0, callbacks=[Diary("on_train_epoch_end", train)])
    for trainer in (plain, nested):
        trainer.train(data(6), 2, per_device_batch_size=2, gradient_accumulation_steps=2, create_scheduler_fn=step_lr)
    assert (nested.at.epoch, nested.at.update) == (plain.at.epoch, plain.at.update) == (2, 4)
    assert nested.run_config == plain.run_config
    assert nested.scheduler.state_dict() == plain.scheduler.state_dict()
    assert len(nested._train_dataloader) == 3
    assert inner[0] is nested.at is not inner[1]
    assert len(nested.run_history.get_metric_values("train_loss_epoch")) == 3  # that of the inner run among them


def test_an_error_in_a_run_inside_a_run_leaves_both():
    hears = Diary("on_train_step_end", lambda trainer: trainer.evaluate(torch.zeros(3)))
    trainer = trainer_for(callbacks=[hears])
    with pytest.raises(TypeError, match="dataset: "):
        trainer.train(data(2), 1)
    assert [type(heard) for heard in hears.heard[2:]] == [TypeError]
    assert not trainer._is_running


# Copies.


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda trainer: pickle.loads(pickle.dumps(trainer))])
@pytest.mark.parametrize("ran", [False, True], ids=["before a run", "after a run"])
def test_a_trainer_can_be_copied_and_trains_on_as_the_original_does(copied, ran):
    original = trainer_for(callbacks=[Diary(), Deaf])
    if ran:
        original.train(data(4), 2, eval_dataset=data(2), create_scheduler_fn=step_lr)
    other = copied(original)
    before = weights(original.model)
    assert equal(before, weights(other.model))
    for trainer in (other, original):
        torch.manual_seed(2)
        trainer.train(data(4), 2, reset_run_history=False, per_device_batch_size=2)
        assert trainer.callback_handler.callbacks[0].heard[-1] == "on_train_epoch_end"
    assert equal(weights(original.model), weights(other.model))
    assert not equal(before, weights(other.model))
    assert original.run_history.to_dict() == other.run_history.to_dict()


def test_a_callback_that_joins_a_copy_is_heard_there_alone():
    original = trainer_for()
    other = copy.deepcopy(original)
    diary = Diary()
    other.callback_handler.add_callback(diary)
    original.train(data(2), 1)
    assert diary.heard == []
    other.train(data(2), 1)
    assert diary.heard


# Precision.


class Half(Trainer):
    def _create_accelerator(self):
        return Accelerator(mixed_precision="bf16", cpu=True)


class Sees(nn.Module):
    """A network that remembers the type of what it calculates."""

    def __init__(self):
        super().__init__()
        self.layer = network()

    def forward(self, inputs):
        self.seen = self.layer(inputs).dtype
        return self.layer(inputs).float()


@pytest.mark.parametrize("order", [(Trainer, Half), (Half, Trainer)], ids=["plain first", "bf16 first"])
def test_trainers_of_different_precision_live_side_by_side(order):
    trainers = [trainer_for(Sees(), kind=kind) for kind in order]
    for _ in range(2):
        for kind, trainer in zip(order, trainers, strict=True):
            trainer.train(data(4), 1, eval_dataset=data(2), gradient_clip_norm=1.0, gradient_accumulation_steps=2)
            half = kind is Half
            assert trainer.get_model().seen == (torch.bfloat16 if half else torch.float32)
            assert trainer.run_config.mixed_precision == ("bf16" if half else "no")


def test_an_accelerator_can_be_given():
    accelerator = Accelerator(cpu=True)
    trainer = trainer_for(accelerator=accelerator)
    assert trainer._accelerator is accelerator


# Small things.


def test_a_typing_error_in_the_name_of_an_event_is_warned_of_once(recwarn):
    class Typo(TrainerCallback):
        def on_train_epoch_ends(self, trainer, **kwargs):
            """Nobody calls this."""

    trainer = trainer_for(callbacks=[Typo])
    with pytest.warns(UserWarning, match="Did you mean 'on_train_epoch_end'"):
        trainer.train(data(2), 1)
    trainer.train(data(2), 1)
    assert [one for one in recwarn if "on_train_epoch_ends" in str(one.message)] == []


def test_an_event_of_ones_own_that_resembles_no_hook_is_not_warned_of(recwarn):
    class Mine(TrainerCallback):
        def on_coffee(self, trainer, **kwargs):
            """Mine."""

    trainer_for(callbacks=[Mine]).train(data(2), 1)
    assert [str(one.message) for one in recwarn if "on_coffee" in str(one.message)] == []


def test_during_a_run_what_really_runs_is_explained():
    explained = []

    class Adapts(Trainer):
        def _gather_callbacks(self):
            super()._gather_callbacks()
            self.callback_handler.add_callback(listener("on_train_update_end"))

    def attached(trainer):
        hooks = {line["name"]: line for line in trainer.explain("json")["hooks"]}
        explained.append([line["who"] for line in hooks["on_train_update_end"]["attached"]])

    trainer = trainer_for(kind=Adapts, callbacks=[Diary("on_train_epoch_start", attached)])
    attached(trainer)
    trainer.train(data(2), 1)
    assert explained == [[], ["Listener"]]


def test_another_callback_handler_is_heard_from_the_next_hook_on():
    late = Diary("on_train_step_end", lambda trainer: None)

    class Swaps(TrainerCallback):
        def on_train_step_end(self, trainer, step, **kwargs):
            trainer.callback_handler = CallbackHandler([late])
            trainer.callback_handler.add_callback(listener("on_train_epoch_end"))

    trainer = trainer_for(callbacks=[Swaps])
    trainer.train(data(3), 1, per_device_batch_size=1)
    assert late.heard == ["on_train_step_end"] * 2 + ["on_train_epoch_end"]
    assert trainer.seen == ["on_train_epoch_end"]


def test_a_callback_handler_that_cannot_be_wired_is_not_taken():
    class Narrow(TrainerCallback):
        def on_train_epoch_end(self):
            """Takes nothing."""

    def swap(trainer):
        before = trainer.callback_handler
        with pytest.raises(HookMapError):
            trainer.callback_handler = CallbackHandler([Narrow])
        assert trainer.callback_handler is before

    stays = Diary("on_train_step_end", swap)
    trainer_for(callbacks=[stays]).train(data(2), 1, per_device_batch_size=1)
    assert stays.heard.count("on_train_step_end") == 2
