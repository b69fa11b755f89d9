"""Several loaders at once: lists, dictionaries, nested ones, and CombinedLoader with its modes."""

import collections
import importlib
import pickle

import pytest
import torch
from lightning.pytorch.utilities import combined_loader as theirs
from tests.side_by_side.twins import BOTH, loss_of, twins
from torch.utils.data import DataLoader

from groundwire_lightning.utilities import combined_loader as ours

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
EVALUATED = {
    "a list": lambda stage: list(pair(stage)),
    "a list of one": lambda stage: [pair(stage)[0]],
    "a dictionary": lambda stage: dict(zip("ab", pair(stage), strict=True)),
    "nested": lambda stage: {"a": pair(stage)[0], "b": [pair(stage)[1], {"c": pair(stage)[1]}]},
    "streams": lambda stage: list(pair(stage, sized=False)),
    "shuffled": lambda stage: list(pair(stage, shuffle=True)),
    "a stream among others": lambda stage: [pair(stage)[0], pair(stage, sized=False)[1]],
    "sequential": lambda stage: combined(stage, list(pair(stage)), "sequential"),
    "min_size": lambda stage: combined(stage, list(pair(stage)), "min_size"),
    "max_size": lambda stage: combined(stage, list(pair(stage)), "max_size"),
    "max_size_cycle": lambda stage: combined(stage, dict(zip("ab", pair(stage), strict=True)), "max_size_cycle"),
}


@EVERY
@pytest.mark.parametrize("loaders", EVALUATED)
def test_several_loaders_are_validated_and_tested_as_under_lightning(loaders, hears):
    def scenario(stage):
        trainer = stage.make_trainer(callbacks=[stage.make_callback()])
        module = stage.make_module(methods=EVALUATES)
        trainer.fit(module, stage.loader("train", samples=8), EVALUATED[loaders](stage))
        told = trainer.num_val_batches, trainer.num_sanity_val_batches
        trainer.test(module, EVALUATED[loaders](stage), verbose=False)
        return told, trainer.num_test_batches, type(trainer.test_dataloaders).__name__

    twins(scenario, hears=hears)


@pytest.mark.parametrize("limit", [1, 0.5, 50])
@pytest.mark.parametrize("loaders", ["a list", "streams", "min_size"])
def test_limits_hold_for_each_loader_as_under_lightning(loaders, limit):
    def scenario(stage):
        trainer = stage.make_trainer(limit_val_batches=limit)
        trainer.validate(stage.make_module(methods=EVALUATES), EVALUATED[loaders](stage), verbose=False)
        return trainer.num_val_batches

    twins(scenario, hears=False)


def plain(stage, samples):
    """A loader that Lightning can make anew."""
    data = stage.loader("predict", samples=samples).dataset
    return DataLoader(data, batch_size=4)


@EVERY
@pytest.mark.parametrize(
    "loaders",
    [
        lambda stage: [plain(stage, 6), plain(stage, 9)],
        lambda stage: {"a": plain(stage, 6), "b": plain(stage, 9)},
        lambda stage: [plain(stage, 6)],
        lambda stage: combined(stage, [plain(stage, 6), plain(stage, 9)], "sequential"),
        lambda stage: combined(stage, [plain(stage, 6), plain(stage, 9)], "min_size"),
        lambda stage: pair(stage)[0],
    ],
    ids=["a list", "a dictionary", "a list of one", "sequential", "min_size is refused", "one"],
)
def test_several_loaders_are_predicted_as_under_lightning(loaders, hears):
    def scenario(stage):
        trainer = stage.make_trainer(callbacks=[stage.make_callback()])
        return trainer.predict(stage.make_module(methods=EVALUATES), loaders(stage)), trainer.num_predict_batches

    twins(scenario, hears=hears)


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


def test_a_step_that_is_told_the_loader_is_told_after_one_that_is_not():
    def scenario(stage):
        module, trainer = stage.make_module(methods={**BOTH, **EVALUATES}), stage.make_trainer()
        trainer.validate(module, pair(stage)[0], verbose=False)
        trainer.validate(module, list(pair(stage)), verbose=False)
        trainer.validate(module, pair(stage)[0], verbose=False)

    twins(scenario)


# the class by itself

LOADERS = {
    "lists": lambda: [range(3), range(5)],
    "one": lambda: range(4),
    "a dictionary": lambda: {"a": range(3), "b": [range(2), range(6)]},
    "loaders": lambda: {"a": DataLoader(range(6), batch_size=4), "b": DataLoader(range(15), batch_size=5)},
    "without a length": lambda: [iter(range(3)), range(2)],
    "an empty one": lambda: [range(0), range(2)],
    "numbers": lambda: [1, 2, 3],
}


def everything_of(module, loaders, mode, limits):
    made = module.CombinedLoader(loaders(), mode)
    made.limits = limits
    try:
        batches = [(str(batch), *where) for batch, *where in made]
    except (RuntimeError, TypeError, ValueError) as error:
        batches = type(error).__name__
    try:
        length = len(made)
    except (RuntimeError, TypeError, ValueError) as error:
        length = type(error).__name__
    return batches, length, made.limits, len(made.flattened), str(made.iterables)[:20], type(made.sampler).__name__


@pytest.mark.parametrize("limits", [None, 2, 0])
@pytest.mark.parametrize("mode", ["min_size", "max_size_cycle", "max_size", "sequential"])
@pytest.mark.parametrize("loaders", LOADERS)
def test_a_combined_loader_gives_what_lightnings_gives(loaders, mode, limits):
    found = [everything_of(module, LOADERS[loaders], mode, limits) for module in (theirs, ours)]
    assert found[0] == found[1]


def test_wrong_use_is_refused_as_lightning_refuses_it():
    for module in (theirs, ours):
        with pytest.raises(ValueError, match="mode"):
            module.CombinedLoader([], "all")
        made = module.CombinedLoader([range(2), range(3)])
        with pytest.raises(ValueError, match="flattened"):
            made.flattened = [1]
        with pytest.raises(ValueError, match="limits"):
            made.limits = [1]
        with pytest.raises(RuntimeError, match="iter"):
            len(made)


def test_loaders_can_be_replaced_pickled_and_reset():
    for module in (theirs, ours):
        made = module.CombinedLoader({"a": range(2), "b": range(3)}, "max_size")
        made.flattened = [range(1), range(2)]
        assert made.iterables == {"a": range(1), "b": range(2)}
        next(iter(made))
        assert next(iter(pickle.loads(pickle.dumps(made))))[0] == {"a": 0, "b": 0}
        made.reset()
        with pytest.raises(RuntimeError):
            len(made)


class Stateful(list):
    def state_dict(self):
        return {"at": len(self)}

    def load_state_dict(self, state):
        self.append(state["at"])


def test_loaders_with_a_state_give_and_take_it():
    for module in (theirs, ours):
        loader = Stateful(range(3))
        made = module.CombinedLoader([loader, range(2)])
        assert made._state_dicts() == [{"at": 3}]
        made._load_state_dicts([{"at": 9}])
        assert loader[-1] == 9
        with pytest.raises(RuntimeError):
            made._load_state_dicts([{}, {}])


def test_lightnings_own_combined_loader_is_read_like_ours():
    def scenario(stage):
        trainer = stage.make_trainer()
        loaders = theirs.CombinedLoader(dict(zip("ab", pair(stage), strict=True)), "max_size")
        trainer.fit(stage.make_module(methods={**USES, **EVALUATES}), loaders, theirs.CombinedLoader(list(pair(stage))))
        return sorted(trainer.train_dataloader)

    twins(scenario)


@EVERY
@pytest.mark.parametrize("loaders", ["a list", "a dictionary", "a list of one", "streams", "min_size"])
def test_the_results_of_several_loaders_are_lightnings(loaders, hears):
    def step(self, batch, batch_idx, dataloader_idx=0):
        self.log("loss", loss_of(self, first_of(batch)), prog_bar=True, on_step=True, on_epoch=True)
        self.log("plain", float(batch_idx + dataloader_idx), add_dataloader_idx=dataloader_idx is None, batch_size=1)

    def on_test_epoch_end(self):
        self.log("at the end", 3.0)

    def scenario(stage):
        methods = {"validation_step": step, "test_step": step, "on_test_epoch_end": on_test_epoch_end}
        module, trainer = stage.make_module(methods=methods), stage.make_trainer(max_epochs=1)
        trainer.fit(module, stage.loader("train", samples=8), EVALUATED[loaders](stage))
        entries = [getattr(trainer, name)(module, EVALUATED[loaders](stage)) for name in ("validate", "test")]
        return entries, trainer.callback_metrics

    twins(scenario, hears=hears)
