"""EarlyStopping of both frameworks: when a run ends, and what the callback knows then."""

import pytest
import torch
from tests.groundwire_lightning.callbacks.test_model_checkpoint import callbacks_of
from tests.side_by_side.twins import loss_of, twins


def values(*given):
    """A validation that logs one value an epoch."""

    def validation_step(self, batch, batch_idx):
        loss_of(self, batch)
        value = given[min(self.trainer.current_epoch, len(given) - 1)]
        self.log_dict({"value": value, "vector": torch.tensor([value])})

    return validation_step


def training_step(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("train_loss", loss)
    return loss


def stopped(stage, given, measured, methods=None, epochs=6, **arguments):
    made = callbacks_of(stage).EarlyStopping(**{"monitor": "value", **given})
    methods = {"training_step": training_step, "validation_step": values(*measured), **(methods or {})}
    module = stage.make_module(methods=methods)
    trainer = stage.make_trainer(callbacks=[made, stage.make_callback()], max_epochs=epochs, **arguments)
    try:
        trainer.fit(module, stage.loader("train", samples=10), stage.loader("val", samples=4))
    finally:
        state = made.state_dict()
        said = state.pop("stopping_reason_message")  # in words of our own
        stage.note("callback", "knows", made.state_key, state, made.stopping_reason.name, said is None)
        stage.note("trainer", "knows", type(trainer.early_stopping_callback).__name__)


INF, NAN = float("inf"), float("nan")
SCENARIOS = {
    "better and better": ({}, (5.0, 4.0, 3.0, 2.0, 1.0, 0.0)),
    "never better": ({"patience": 2}, (1.0,)),
    "no patience": ({"patience": 0}, (1.0, 2.0)),
    "better once": ({"patience": 2}, (5.0, 6.0, 4.0, 6.0, 6.0)),
    "too little": ({"patience": 1, "min_delta": 0.5}, (5.0, 4.0, 3.9)),
    "just enough": ({"patience": 1, "min_delta": 0.5}, (5.0, 4.5, 4.0)),
    "greater is better": ({"mode": "max", "patience": 1, "min_delta": 0.1}, (1.0, 2.0, 2.05)),
    "a threshold": ({"stopping_threshold": 3.0}, (5.0, 4.0, 2.9)),
    "a threshold to exceed": ({"stopping_threshold": 3.0, "mode": "max"}, (1.0, 3.0, 3.1)),
    "divergence": ({"divergence_threshold": 8.0}, (5.0, 9.0)),
    "divergence of what should be great": ({"divergence_threshold": 2.0, "mode": "max"}, (5.0, 1.0)),
    "not a number": ({}, (5.0, NAN)),
    "not a number, unchecked": ({"check_finite": False, "patience": 2}, (5.0, NAN)),
    "infinite": ({}, (5.0, -INF)),
    "missing": ({"monitor": "valeu"}, (1.0,)),
    "missing, and that is fine": ({"monitor": "valeu", "strict": False}, (1.0,)),
    "a value of training": ({"monitor": "train_loss", "patience": 1, "min_delta": 10.0}, (1.0,)),
    "checked after validation": ({"check_on_train_epoch_end": False, "patience": 1}, (1.0,)),
    "a vector of one": ({"monitor": "vector", "patience": 1}, (1.0,)),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_ends_when_it_does_in_lightning(name):
    given, measured = SCENARIOS[name]
    methods = {}
    if name == "a vector of one":
        methods = {"on_validation_epoch_end": lambda self: None}
    twins(lambda stage: stopped(stage, given, measured, methods))


VARIED = {
    "min_epochs": {"min_epochs": 4},
    "min_steps": {"min_steps": 11},
    "two validations an epoch": {"val_check_interval": 1},
    "every second epoch": {"check_val_every_n_epoch": 2},
    "fast_dev_run": {"fast_dev_run": True},
    "no validation": {"limit_val_batches": 0},
}


@pytest.mark.parametrize("name", VARIED)
def test_a_run_ends_when_it_does_in_lightning_however_it_goes(name):
    monitor = "train_loss" if name == "no validation" else "value"
    twins(lambda stage: stopped(stage, {"patience": 1, "monitor": monitor}, (1.0,), **VARIED[name]))


def test_an_unknown_mode_is_refused():
    def scenario(stage):
        stopped(stage, {}, (1.0,), epochs=1)
        callbacks_of(stage).EarlyStopping("value", mode="least")

    twins(scenario, hears=False)
