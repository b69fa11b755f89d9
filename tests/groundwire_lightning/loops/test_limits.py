"""How long a run is, which batches it uses and when it validates."""

from datetime import timedelta

import lightning
import pytest
from lightning.pytorch.utilities.exceptions import MisconfigurationException as theirs  # noqa: N813
from tests.side_by_side.twins import BOTH, QUIET, fit, sgd, twins

import groundwire_lightning

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def stops(when, **more):
    """A callback that asks to stop after a batch, given as (epoch, batch)."""

    def on_train_batch_end(callback, trainer, module, outputs, batch, batch_idx):
        if (trainer.current_epoch, batch_idx) == when:
            trainer.should_stop = True

    return {"callbacks": ({"on_train_batch_end": on_train_batch_end},), "max_epochs": 4, **more}


def stops_in(hook, epoch):
    def ask(callback, trainer, module):
        if trainer.current_epoch == epoch and not trainer.sanity_checking:
            trainer.should_stop = True

    return {"callbacks": ({hook: ask},), "max_epochs": 4}


def skips(when, value=-1):
    """A module that skips what is left of an epoch."""

    def on_train_batch_start(self, batch, batch_idx):
        return value if (self.current_epoch, batch_idx) == when else None

    return {"methods": {**BOTH, "on_train_batch_start": on_train_batch_start}}


STREAM = {"sized": False}
LIMITS = {
    "max_steps in mid-epoch": {"max_steps": 10, "max_epochs": None},
    "max_steps at the end of an epoch": {"max_steps": 7, "max_epochs": None},
    "max_steps above what the epochs give": {"max_steps": 100},
    "max_steps with accumulation": {"max_steps": 4, "accumulate_grad_batches": 3, "max_epochs": None},
    "max_steps of 0": {"max_steps": 0},
    "max_steps in a validation interval": {"max_steps": 4, "val_check_interval": 2},
    "a stop in mid-epoch": stops((1, 3)),
    "a stop at the last batch": stops((1, 6)),
    "a stop before min_epochs": stops((0, 3), min_epochs=2),
    "a stop before min_steps": stops((0, 3), min_steps=10),
    "a stop before both": stops((0, 3), min_steps=10, min_epochs=3),
    "a stop without validation": stops((1, 3), methods={}),
    "a stop in an epoch that does not validate": stops((0, 3), check_val_every_n_epoch=2),
    "a stop with accumulation": stops((0, 3), accumulate_grad_batches=3),
    "a stop when an epoch starts": stops_in("on_train_epoch_start", 1),
    "a stop when an epoch ends": stops_in("on_train_epoch_end", 1),
    "a stop in a validation": stops_in("on_validation_end", 1),
    "a stop when training starts": stops_in("on_train_start", 0),
    "-1 in mid-epoch": skips((0, 3)),
    "-1 at the first batch": skips((1, 0)),
    "-1 at the last batch": skips((0, 6)),
    "-1 with accumulation": {**skips((0, 4)), "accumulate_grad_batches": 3},
    "another value than -1": skips((0, 3), value=1),
    "limit_train_batches as a number": {"limit_train_batches": 3},
    "limit_train_batches as a share": {"limit_train_batches": 0.5},
    "limit_train_batches above the data": {"limit_train_batches": 50},
    "limit_train_batches of 0": {"limit_train_batches": 0},
    "limit_train_batches of a shuffled loader": {"limit_train_batches": 3, "train": {"shuffle": True}},
    "limit_val_batches as a number": {"limit_val_batches": 1},
    "limit_val_batches as a share": {"limit_val_batches": 0.7},
    "limit_val_batches of 0": {"limit_val_batches": 0},
    "limit_val_batches of 0.0": {"limit_val_batches": 0.0},
    "both limits": {"limit_train_batches": 4, "limit_val_batches": 2},
    "fast_dev_run": {"fast_dev_run": True},
    "fast_dev_run of 3 batches": {"fast_dev_run": 3},
    "fast_dev_run with accumulation": {"fast_dev_run": 3, "accumulate_grad_batches": 2},
    "val_check_interval as a share": {"val_check_interval": 0.5},
    "a small val_check_interval": {"val_check_interval": 0.2},
    "val_check_interval of 0.0": {"val_check_interval": 0.0},
    "val_check_interval as a number": {"val_check_interval": 3},
    "val_check_interval of every batch": {"val_check_interval": 1},
    "val_check_interval with accumulation": {"val_check_interval": 2, "accumulate_grad_batches": 3},
    "val_check_interval over epochs": {"val_check_interval": 5, "check_val_every_n_epoch": None},
    "val_check_interval longer than an epoch": {"val_check_interval": 9, "check_val_every_n_epoch": None},
    "val_check_interval and a limit": {"val_check_interval": 2, "limit_train_batches": 5},
    "validation in every second epoch": {"check_val_every_n_epoch": 2, "max_epochs": 5},
    "validation in every second epoch, twice": {"check_val_every_n_epoch": 2, "val_check_interval": 0.5},
    "validation in no epoch": {"check_val_every_n_epoch": 9},
    "data without a length": {"train": STREAM},
    "data without a length and a limit": {"train": STREAM, "limit_train_batches": 3},
    "data without a length and val_check_interval": {"train": STREAM, "val_check_interval": 3},
    "data without a length and a limit of validation": {"train": STREAM, "val": STREAM, "limit_val_batches": 1},
    "data without a length that ends before its limit": {"train": STREAM, "limit_train_batches": 50},
    "data without a length that ends before its limit, validated": {"val": STREAM, "limit_val_batches": 50},
    "data without a length and max_steps": {"train": STREAM, "max_steps": 9, "max_epochs": None},
    "data without a length and accumulation": {"train": STREAM, "accumulate_grad_batches": 3},
    "validation data without a length": {"val": STREAM},
    "a last batch that is dropped": {"train": {"drop_last": True}},
    "one batch": {"train": {"samples": 3}},
    "no limit of epochs and a stop": {**stops((1, 3)), "max_epochs": -1},
    "epochs left out and steps given": {"max_epochs": None, "max_steps": 3},
}


@EVERY
@pytest.mark.parametrize("limit", LIMITS)
def test_a_run_is_as_long_as_under_lightning(limit, hears):
    twins(lambda stage: fit(stage, **LIMITS[limit]), hears=hears)


REFUSED = {
    "val_check_interval above the batches of an epoch": {"val_check_interval": 50},
    "a share of data without a length": {"train": STREAM, "limit_train_batches": 0.5},
    "an interval as a share of data without a length": {"train": STREAM, "val_check_interval": 0.5},
    "a share that leaves no batch": {"limit_train_batches": 0.01},
    "a share that leaves no batch of validation": {"limit_val_batches": 0.01},
}


@pytest.mark.parametrize("limit", REFUSED)
def test_limits_are_refused_where_lightning_refuses_them(limit):
    assert twins(lambda stage: fit(stage, **REFUSED[limit]), hears=False)["answer"][0] == "raised"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"accumulate_grad_batches": 3},
        {"limit_train_batches": 3},
        {"max_steps": 4},
        {"max_epochs": -1, "max_steps": 5},
    ],
    ids=str,
)
def test_the_steps_that_fit_will_make_are_estimated_as_lightning_does(arguments):
    def scenario(stage):
        told = []

        def configure_optimizers(self):
            told.append((float(self.trainer.estimated_stepping_batches), self.trainer.num_training_batches))
            return sgd(self)

        fit(stage, methods={**BOTH, "configure_optimizers": configure_optimizers}, **arguments)
        return told

    twins(scenario, hears=False)


def test_the_numbers_of_batches_are_told_as_lightning_tells_them():
    def scenario(stage):
        told = []

        def tell(self, *args):
            trainer = self.trainer
            told.append((trainer.num_training_batches, trainer.num_val_batches, trainer.val_check_batch))
            told.append(trainer.num_sanity_val_batches)
            told.append((trainer.max_epochs, trainer.max_steps, trainer.min_epochs, trainer.min_steps))
            told.append((trainer.limit_train_batches, trainer.limit_val_batches, trainer.enable_validation))

        hooks = ("on_train_start", "on_train_epoch_end", "on_validation_start", "on_fit_end")
        fit(stage, methods={**BOTH, **dict.fromkeys(hooks, tell)}, limit_train_batches=0.5, val_check_interval=2)
        return told

    twins(scenario, hears=False)


SHUFFLED = {"train": {"shuffle": True}, "val": {"shuffle": True}}
LESS = {
    "overfit_batches as a number": {"overfit_batches": 2, **SHUFFLED},
    "overfit_batches as a share": {"overfit_batches": 0.4},
    "overfit_batches of streams": {"overfit_batches": 2, "train": STREAM, "val": STREAM},
    "overfit_batches and fast_dev_run": {"overfit_batches": 3, "fast_dev_run": True, **SHUFFLED},
    "loaders of every epoch": {"reload_dataloaders_every_n_epochs": 1, "max_epochs": 3, **SHUFFLED},
    "loaders of every second epoch": {"reload_dataloaders_every_n_epochs": 2, "max_epochs": 5},
    "loaders of every epoch without a check": {"reload_dataloaders_every_n_epochs": 1, "num_sanity_val_steps": 0},
    "loaders of every epoch, validated twice": {"reload_dataloaders_every_n_epochs": 1, "val_check_interval": 0.5},
    "loaders of every epoch, validated in some": {
        "reload_dataloaders_every_n_epochs": 1,
        "check_val_every_n_epoch": 2,
        "max_epochs": 4,
    },
    "validation by the time, never": {"val_check_interval": "00:12:00:00"},
    "validation by the time, always": {"val_check_interval": {"seconds": 0}},
    "validation by the time over epochs": {"val_check_interval": timedelta(days=1), "check_val_every_n_epoch": None},
    "max_time": {"max_time": "00:12:00:00"},
    "no time": {"max_time": {"seconds": 0}, "max_epochs": None},
}


@EVERY
@pytest.mark.parametrize("limit", LESS)
def test_data_is_chosen_and_asked_for_as_under_lightning(limit, hears):
    def scenario(stage):
        given = {**LESS[limit]}
        loaders = {"train": given.pop("train", {}), "val": {"samples": 10, **given.pop("val", {})}}
        methods = {
            f"{name}_dataloader": lambda self, name=name: stage.loader(name, **loaders[name]) for name in loaders
        }
        module = stage.make_module(methods={**BOTH, **methods})
        trainer = stage.make_trainer(callbacks=[stage.make_callback()], **given)
        trainer.fit(module)
        return trainer.limit_train_batches, trainer.limit_val_batches, trainer.overfit_batches, trainer.fast_dev_run

    twins(scenario, hears=hears)


WRONG = [
    {"overfit_batches": 1.5},
    {"overfit_batches": -1},
    {"reload_dataloaders_every_n_epochs": -1},
    {"reload_dataloaders_every_n_epochs": 0.5},
    {"val_check_interval": "12:00"},
    {"val_check_interval": "1:2:3:x"},
    {"check_val_every_n_epoch": 0.5},
    {"limit_test_batches": -1},
    {"limit_predict_batches": 2.5},
]


@pytest.mark.parametrize("arguments", WRONG, ids=str)
def test_arguments_are_refused_where_lightning_refuses_them(arguments):
    errors = {lightning: theirs, groundwire_lightning: groundwire_lightning.MisconfigurationException}
    for framework, error in errors.items():
        (name,) = arguments
        with pytest.raises(error, match=name):
            framework.Trainer(**{**QUIET, **arguments})


def test_a_share_of_validation_data_without_a_length_is_refused_before_training():
    def scenario(stage):
        limits = {"limit_val_batches": 0.5, "num_sanity_val_steps": 0}
        fit(stage, val=STREAM, callbacks=({},), **limits)

    assert twins(scenario)["answer"] == ["raised", "MisconfigurationException"]
