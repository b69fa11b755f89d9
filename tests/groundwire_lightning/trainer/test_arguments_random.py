"""Random values at every argument: taken as Lightning takes them, or refused by name where they arrive."""

import math
import traceback
import warnings
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import lightning.pytorch
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.groundwire_lightning.small import Lit, loader, quiet, readable

import groundwire_lightning as L
from groundwire import GroundwireError
from groundwire_lightning.trainer.arguments import ARGUMENTS, EVALUATE, FIT, PREDICT

ANYTHING = st.one_of(
    st.sampled_from([None, True, False, *range(-2, 4), 0.5, 1.0, 1.5, math.nan, math.inf, -0.5, "", "a", "1", "auto"]),
    st.sampled_from(["simple", "cpu", "norm", "min", "link", "warn", "16-mixed", 16, b"a", "00:00:00:30", "00:00:30"]),
    st.sampled_from([[], [1], ["a"], (), (1,), {}, {"seconds": 30}, {"a": 1}, set(), range(2), 1j, Fraction(1, 2)]),
    st.sampled_from([timedelta(seconds=30), Path("p"), int, print, object(), np.int64(2), np.float64(0.5)]),
    st.sampled_from([np.bool_(1), np.float32(1), np.array([1, 2]), torch.tensor(1), torch.tensor([1, 2])]),
    st.integers(-(10**6), 10**6),
    st.floats(),
    st.text(max_size=3),
)
FAST = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = [row.name for row in ARGUMENTS]
pytestmark = pytest.mark.filterwarnings("ignore")


def refusal(name, call):
    """What refused a value, if something did: an error of ours, that names the argument."""
    refused = None
    try:
        call()
    except (GroundwireError, TypeError, ValueError) as error:
        refused = error
    if refused is not None:
        assert name in str(refused), refused
        assert "groundwire" in traceback.extract_tb(refused.__traceback__)[-1].filename, refused
    return refused


@pytest.mark.parametrize("name", NAMES)
def test_an_argument_of_the_trainer_is_refused_by_name_or_runs(name, in_a_folder):
    @FAST
    @given(ANYTHING)
    def holds(value):
        def call():
            trainer = quiet(**{"max_steps": 1, name: value})
            trainer.fit(Lit(), loader(), loader())

        if name == "max_time" and value == timedelta():
            return
        refusal(name, call)

    holds()


CALLS = {
    "fit": (FIT, {"train_dataloaders": loader(), "val_dataloaders": loader()}),
    "validate": (EVALUATE, {"dataloaders": loader(), "verbose": False}),
    "test": (EVALUATE, {"dataloaders": loader(), "verbose": False}),
    "predict": (PREDICT, {"dataloaders": loader()}),
}


class Whole(Lit):
    """A module for every entry point."""

    test_step = Lit.validation_step

    def predict_step(self, batch, batch_idx):
        return self(batch[0])


JUNK = st.one_of(st.sampled_from([1.5, 3, "a", b"a", 1j, int, print, object(), math.nan, timedelta(1)]), st.floats(2))


@pytest.mark.parametrize(("entry", "name"), [(entry, name) for entry, (rows, _) in CALLS.items() for name in rows])
def test_what_is_no_value_of_an_entry_point_is_refused_by_name(entry, name, in_a_folder):
    @FAST
    @given(JUNK)
    def holds(value):
        trainer = quiet(max_steps=1)
        usual = {"model": Whole(), **CALLS[entry][1]}
        if name == "datamodule":
            usual = {"model": Whole()}
        is_path, is_flag = name == "ckpt_path" and isinstance(value, (str, bytes)), isinstance(value, int)
        if is_path or (is_flag and name in ("verbose", "weights_only", "return_predictions")):
            return
        assert refusal(name, lambda: getattr(trainer, entry)(**{**usual, name: value}))

    holds()


CALLBACKS = [name for name in L.callbacks.__all__ if hasattr(lightning.pytorch.callbacks, name)]


@pytest.mark.parametrize("name", ["train_dataset", "val_dataset", "test_dataset", "batch_size", "num_workers"])
def test_what_is_no_value_of_from_datasets_is_refused_by_name(name):
    for value in (1.5, "a", object(), print, math.nan):
        assert refusal(name, lambda v=value: L.LightningDataModule.from_datasets(**{name: v}))


MEANT = [
    {"max_steps": np.int64(2)},
    {"max_steps": 2.0},
    {"max_steps": 1.5},
    {"max_steps": math.inf},
    {"min_epochs": -1},
    {"min_steps": True},
    {"num_sanity_val_steps": np.int64(1)},
    {"log_every_n_steps": 1.5},
    {"accumulate_grad_batches": 2.0},
    {"accumulate_grad_batches": np.int64(2)},
    {"limit_train_batches": True},
    {"limit_train_batches": np.int64(1)},
    {"limit_train_batches": np.int64(2)},
    {"limit_train_batches": 2.0},
    {"limit_val_batches": np.int32(0)},
    {"limit_val_batches": 0, "val_check_interval": 0},
    {"limit_val_batches": 0, "check_val_every_n_epoch": 0},
    {"check_val_every_n_epoch": -1},
    {"overfit_batches": 2.0},
    {"val_check_interval": np.int64(2)},
    {"val_check_interval": {"seconds": 30}},
    {"fast_dev_run": "2"},
    {"fast_dev_run": np.int64(2)},
    {"enable_progress_bar": 0},
    {"deterministic": 1},
    {"callbacks": 0},
    {"logger": ()},
    {"default_root_dir": b"here"},
    {"profiler": "Simple"},
    {"precision": "64"},
    {"max_time": "00:00:00:30"},
    {"devices": "1"},
]


@pytest.mark.parametrize("asked", MEANT, ids=readable)
def test_what_lightning_runs_with_runs_as_long(asked, in_a_folder):
    steps = []
    for package in (lightning.pytorch, L):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer = quiet(package.Trainer, **{"max_epochs": 2, **asked})
            trainer.fit(twin(package), loader(), loader())
        steps.append((trainer.global_step, trainer.current_epoch))
    assert steps[0] == steps[1]


def twin(package):
    """A module of either package, with one layer."""

    class Twin(package.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Linear(1, 1)

        def forward(self, inputs):
            return self.net(inputs)

        training_step, validation_step = Lit.training_step, Lit.validation_step
        configure_optimizers = Lit.configure_optimizers

    return Twin()
