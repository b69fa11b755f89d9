import copy
import dataclasses
import pickle

import pytest
import torch
from tests.groundwire.runs import data, network, trainer_for
from torch import nn

from groundwire import RunState, Trainer, TrainerCallback
from groundwire.run.run import Run, of_run

DELEGATED = {
    **{name: name for name in ("at", "model", "optimizer", "scheduler", "run_config")},
    **{name: name for name in ("train_dataset", "eval_dataset", "collate_fn", "create_scheduler_fn")},
    **{f"_{name}": name for name in ("stage", "request", "train_dataloader", "eval_dataloader", "train_dl_kwargs")},
    **{f"_{name}": name for name in ("eval_dl_kwargs", "data_order", "resumed", "predictions")},
}
"""Name on the Trainer, and the field of its run that it stands for."""


def test_every_field_but_the_hook_stands_on_the_trainer():
    assert set(DELEGATED.values()) == {field.name for field in dataclasses.fields(Run)} - {"hook"}


@pytest.mark.parametrize("name", DELEGATED)
def test_a_name_of_the_trainer_is_read_from_its_run_and_written_there(name):
    trainer, value = trainer_for(), object()
    setattr(trainer, name, value)
    assert getattr(trainer._run, DELEGATED[name]) is value
    assert getattr(trainer, name) is value
    assert name not in vars(trainer)


def test_a_name_of_an_object_that_the_run_holds_is_written_there():
    class Counts(Trainer):
        epoch = of_run("at.epoch")

    trainer = trainer_for(kind=Counts)
    trainer.epoch = 3
    assert trainer.at.epoch == trainer.epoch == 3


def test_a_subclass_may_set_a_name_before_the_trainer_is_constructed():
    class Early(Trainer):
        def __init__(self, *args, **kwargs):
            self.collate_fn = list
            super().__init__(*args, **kwargs)

    assert trainer_for(kind=Early).collate_fn is list


class Interrupts(TrainerCallback):
    """Evaluates another model from inside a run, and notes the run before and after."""

    def __init__(self, error=None):
        self.seen = []
        self.error = error

    def on_train_epoch_end(self, trainer, **kwargs):
        run = trainer._run
        before = {field.name: getattr(run, field.name) for field in dataclasses.fields(run)}
        inner = Interrupted(self.seen, self.error)
        trainer.callback_handler.add_callback(inner)
        try:
            trainer.evaluate(data(4))
        except ZeroDivisionError:
            assert self.error is not None
        assert trainer._run is run
        assert {name: getattr(run, name) for name in before} == before


class Interrupted(TrainerCallback):
    def __init__(self, seen, error):
        self.seen = seen
        self.error = error

    def on_evaluation_run_start(self, trainer, **kwargs):
        self.seen.append((trainer._run.hook, trainer.at is not None, trainer.train_dataset))
        trainer.scheduler = "that of the inner run"
        trainer.model = network()
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("error", [None, ZeroDivisionError("inside")])
def test_a_run_inside_a_run_gives_the_outer_one_back(error):
    interrupts = Interrupts(error)
    trainer = trainer_for(callbacks=[interrupts])
    trainer.train(data(4), 1)
    assert interrupts.seen == [("_run_evaluation", True, None)]
    assert trainer.scheduler is None


def test_after_training_everything_stays_and_after_an_evaluation_the_place_where_training_is():
    trainer = trainer_for()
    trainer.train(samples := data(4), 2)
    place = trainer.at
    assert (trainer.train_dataset, place.epoch, place.phase) == (samples, 2, "idle")
    trainer.evaluate(data(4))
    assert trainer.at is place
    assert not trainer._is_running


def test_what_is_laid_over_a_run_goes_with_what_was_set_meanwhile():
    trainer = trainer_for()
    model, other = trainer.model, network()
    with trainer._laid_over(model=other) as run:
        assert trainer.model is other
        assert run.at is trainer.at
        trainer.scheduler = "meanwhile"
    assert trainer.model is model
    assert trainer.scheduler is None


def test_going_back_changes_the_place_that_others_hold():
    at = RunState(epoch=2, step=5)
    place = dataclasses.replace(at)
    at.epoch, at.step, at.phase = 3, 0, "eval"
    at.go_back_to(place)
    assert at == place


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda trainer: pickle.loads(pickle.dumps(trainer))])
def test_a_copy_of_a_trainer_has_a_run_of_its_own(copied):
    trainer = trainer_for()
    other = copied(trainer)
    other.train(data(4), 1)
    assert other._run is not trainer._run
    assert trainer.train_dataset is None
    assert isinstance(other.model, nn.Module)
    assert not torch.equal(next(other.model.parameters()), next(trainer.model.parameters()))


def test_a_shallow_copy_shares_what_the_run_holds_and_not_the_run():
    trainer = trainer_for()
    other = copy.copy(trainer)
    assert other.model is trainer.model
    other.model = network()
    assert other.model is not trainer.model


def test_a_trainer_is_three_classes():
    assert len(Trainer.__mro__) == 3 + 1  # and object
