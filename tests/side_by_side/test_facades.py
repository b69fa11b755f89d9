"""What people read from their trainer and its parts, at each moment of a run, held against Lightning's answers."""

import importlib
import operator

import pytest
from tests.side_by_side.twins import BOTH, GUESTS, fit, twins

COUNTS = ("ready", "started", "processed", "completed")
ASKED = [
    *("current_epoch", "global_step", "max_epochs", "min_epochs", "max_steps", "min_steps", "should_stop"),
    *("sanity_checking", "training", "validating", "testing", "predicting", "evaluating", "interrupted"),
    *("state.fn", "state.stage", "state.status", "state.finished", "state.stopped", "is_last_batch"),
    *("num_training_batches", "num_val_batches", "num_sanity_val_batches", "estimated_stepping_batches"),
    *("world_size", "global_rank", "local_rank", "node_rank", "num_nodes", "num_devices", "device_ids"),
    *("is_global_zero", "precision", "scaler", "log_every_n_steps", "limit_train_batches", "limit_val_batches"),
    *("check_val_every_n_epoch", "val_check_interval", "accumulate_grad_batches", "gradient_clip_val"),
    *("gradient_clip_algorithm", "fast_dev_run", "barebones", "received_sigterm", "logger", "loggers", "datamodule"),
    *("early_stopping_callback", "early_stopping_callbacks", "checkpoint_callback", "checkpoint_callbacks"),
    *("progress_bar_callback", "enable_validation", "distributed_sampler_kwargs", "num_sanity_val_steps"),
    *("accelerator.name", "strategy.root_device.type", "strategy.world_size", "strategy.is_global_zero"),
    *("fit_loop.max_epochs", "fit_loop.min_epochs", "fit_loop.max_steps", "fit_loop.min_steps"),
    *("fit_loop.max_batches", "fit_loop._can_stop_early", "fit_loop.restarting", "fit_loop.done"),
    *("fit_loop.epoch_loop.global_step", "fit_loop.epoch_loop._batches_that_stepped", "fit_loop.epoch_loop.max_steps"),
    *("_accelerator_connector.is_distributed", "_accelerator_connector.use_distributed_sampler"),
    *("_logger_connector.should_update_logs", "fit_loop._data_source.is_module"),
    *(f"fit_loop.epoch_progress.current.{count}" for count in COUNTS),
    *(f"fit_loop.epoch_loop.batch_progress.{span}.{count}" for span in ("current", "total") for count in COUNTS),
    "fit_loop.epoch_loop.batch_progress.is_last_batch",
]
"""Names of a Trainer; what can be called is called."""

IN_EPOCH = ["fit_loop.batch_idx", "fit_loop.total_batch_idx", "fit_loop.epoch_loop.total_batch_idx"]
"""Names that mean something once there was a batch."""


def answers(trainer, names):
    found = {}
    for name in names:
        value = operator.attrgetter(name)(trainer)
        found[name] = value() if callable(value) else value
    return found


def asking(stage, hook, names):
    def method(self, *args):
        stage.note("trainer", f"asked in {hook}", answers(self.trainer, names))

    return method


HOOKS = {
    "on_fit_start": ASKED,
    "on_train_start": ASKED,
    "on_train_epoch_start": ASKED,
    "on_train_batch_start": [*ASKED, *IN_EPOCH],
    "on_before_optimizer_step": [*ASKED, *IN_EPOCH],
    "on_train_batch_end": [*ASKED, *IN_EPOCH],
    "on_validation_start": ASKED,
    "on_validation_batch_end": ASKED,
    "on_validation_end": ASKED,
    "on_train_epoch_end": [*ASKED, *IN_EPOCH],
    "on_train_end": ASKED,
    "on_fit_end": ASKED,
}
RUNS = {
    "usual": {},
    "training alone": {"only_training": True},
    "accumulation": {"accumulate_grad_batches": 2, "log_every_n_steps": 2},
    "validation in the epoch": {"val_check_interval": 2, "gradient_clip_val": 0.5, "gradient_clip_algorithm": "value"},
    "steps": {"max_steps": 5, "max_epochs": -1},
}


@pytest.mark.parametrize("run", RUNS)
def test_a_trainer_answers_what_lightnings_answers_at_each_moment(run):
    asked = dict(RUNS[run])
    usual = {} if asked.pop("only_training", False) else BOTH

    def scenario(stage):
        methods = {**usual, **{hook: asking(stage, hook, names) for hook, names in HOOKS.items()}}
        fit(stage, methods=methods, callbacks=(), train={"samples": 14}, **asked)
        stage.note("trainer", "asked afterwards", answers(stage.trainer, ASKED))

    twins(scenario, hears=False, ours=GUESTS)


def test_a_trainer_that_was_never_called_answers_too():
    def scenario(stage):
        stage.make_module()
        trainer = stage.make_trainer()
        names = ["current_epoch", "global_step", "state.fn", "state.stage", "state.status", "interrupted", "callbacks"]
        names += ["num_val_batches", "num_sanity_val_batches", "loggers", "datamodule", "lightning_module"]
        stage.note("trainer", "asked", answers(trainer, names))

    twins(scenario, hears=False)


def broken(stage):
    def training_step(self, batch, batch_idx):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(stage, methods={"training_step": training_step})
    stage.note("trainer", "asked", answers(stage.trainer, ["state.status", "interrupted", "state.fn", "training"]))


def test_a_run_that_broke_off_says_so():
    twins(broken, hears=False)


@pytest.mark.parametrize("algorithm", ["norm", "value", "NORM", None])
def test_the_algorithm_of_clipping_is_one_of_the_public_enumeration_as_in_lightning(algorithm):
    def asked(stage):
        utilities = "lightning.pytorch.utilities" if stage.is_lightning else "groundwire_lightning.utilities"
        kind = importlib.import_module(utilities).GradClipAlgorithmType
        trainer = stage.make_trainer(gradient_clip_val=1.0, gradient_clip_algorithm=algorithm, max_epochs=1)
        trainer.fit(stage.make_module(), stage.loader())
        clipping = trainer.gradient_clip_algorithm
        stage.note("trainer", "clips", isinstance(clipping, kind), str(getattr(clipping, "value", clipping)))

    twins(asked, hears=False)
