"""Several loaders at once: lists, dictionaries, nested ones, and CombinedLoader with its modes."""

import collections
import importlib

import pytest
import torch
from tests.side_by_side.twins import loss_of, twins

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def combined(stage, loaders, mode):
    """A CombinedLoader of the framework."""
    root = "lightning.pytorch" if stage.is_lightning else "groundwire_lightning"
    return importlib.import_module(f"{root}.utilities.combined_loader").CombinedLoader(loaders, mode)


def first_of(batch):
    """Any points and labels in a collection of batches."""
    if isinstance(batch, dict):
        batch = [part for part in batch.values() if part is not None]
    if isinstance(batch, (list, tuple)) and not isinstance(batch[0], torch.Tensor):
        return first_of(next(part for part in batch if part is not None))
    return batch


def training_step(self, batch, batch_idx):
    return loss_of(self, first_of(batch))


USES = {"training_step": training_step}


def pair(stage, **kwargs):
    return stage.loader("train", samples=14, **kwargs), stage.loader("other", samples=9, **kwargs)


Named = collections.namedtuple("Named", ["one", "other"])
TRAINING = {
    "a list": lambda stage: list(pair(stage)),
    "a list of one": lambda stage: [pair(stage)[0]],
    "a tuple": pair,
    "a named tuple": lambda stage: Named(*pair(stage)),
    "a dictionary": lambda stage: dict(zip("ab", pair(stage), strict=True)),
    "a dictionary of one": lambda stage: {"a": pair(stage)[0]},
    "nested": lambda stage: {"a": pair(stage)[0], "b": [pair(stage)[1], {"c": pair(stage)[1]}]},
    "shuffled": lambda stage: list(pair(stage, shuffle=True)),
    "streams": lambda stage: list(pair(stage, sized=False)),
    "a stream among others": lambda stage: [pair(stage)[0], pair(stage, sized=False)[1]],
    "min_size": lambda stage: combined(stage, list(pair(stage)), "min_size"),
    "max_size": lambda stage: combined(stage, dict(zip("ab", pair(stage), strict=True)), "max_size"),
    "max_size_cycle": lambda stage: combined(stage, list(pair(stage)), "max_size_cycle"),
    "min_size of streams": lambda stage: combined(stage, list(pair(stage, sized=False)), "min_size"),
    "one loader combined": lambda stage: combined(stage, pair(stage)[0], "min_size"),
}


@EVERY
@pytest.mark.parametrize("loaders", TRAINING)
def test_a_collection_of_loaders_is_trained_on_as_under_lightning(loaders, hears):
    def scenario(stage):
        trainer = stage.make_trainer(callbacks=[stage.make_callback()])
        trainer.fit(stage.make_module(methods=USES), TRAINING[loaders](stage))
        return type(trainer.train_dataloader).__name__, trainer.num_training_batches

    twins(scenario, hears=hears)


@pytest.mark.parametrize("limit", [2, 3, 0.5, 50])
@pytest.mark.parametrize("mode", ["min_size", "max_size", "max_size_cycle"])
def test_limits_count_batches_of_a_collection_as_under_lightning(mode, limit):
    def scenario(stage):
        trainer = stage.make_trainer(limit_train_batches=limit)
        trainer.fit(stage.make_module(methods=USES), combined(stage, list(pair(stage)), mode))
        return trainer.num_training_batches

    twins(scenario, hears=False)


def validation_step(self, batch, batch_idx, dataloader_idx=None):
    return loss_of(self, first_of(batch)), dataloader_idx


def predict_step(self, batch, batch_idx, dataloader_idx=7):
    return self.layers(first_of(batch)[0]), dataloader_idx


EVALUATES = {"validation_step": validation_step, "test_step": validation_step, "predict_step": predict_step}


def told_and_does_not_take_it(stage):
    step = {"validation_step": lambda self, batch, batch_idx: None}
    trainer = stage.make_trainer()
    trainer.validate(stage.make_module(methods=step), list(pair(stage)), verbose=False)


def insists_and_is_not_told(stage):
    step = {"validation_step": lambda self, batch, batch_idx, dataloader_idx: None}
    trainer = stage.make_trainer()
    trainer.fit(stage.make_module(methods=step), pair(stage)[0], pair(stage)[1])


def a_hook_that_does_not_take_it(stage):
    methods = {**EVALUATES, "on_validation_batch_start": lambda self, batch, batch_idx: None}
    trainer = stage.make_trainer()
    trainer.validate(stage.make_module(methods=methods), list(pair(stage)), verbose=False)


def trains_one_after_the_other(stage):
    trainer = stage.make_trainer(callbacks=[stage.make_callback()])
    trainer.fit(stage.make_module(methods=USES), combined(stage, list(pair(stage)), "sequential"))


REFUSED = (
    told_and_does_not_take_it,
    insists_and_is_not_told,
    a_hook_that_does_not_take_it,
    trains_one_after_the_other,
)


@pytest.mark.parametrize("calls", REFUSED)
def test_what_lightning_refuses_of_several_loaders_is_refused(calls):
    assert twins(calls, hears=False)["answer"][0] == "raised"
