"""Every argument of Lightning 1: what it becomes, that it is told of, and that the new spelling says the same."""

import dataclasses
import inspect

import lightning.pytorch
import pytest
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException, NotSupportedYetError, callbacks
from groundwire_lightning.callbacks import EarlyStopping, ModelCheckpoint, ModelSummary, TQDMProgressBar
from groundwire_lightning.trainer.arguments import ARGUMENTS
from groundwire_lightning.trainer.lightning_1.kept import Kept
from groundwire_lightning.trainer.lightning_1.members import AtTheRateOfThen
from groundwire_lightning.trainer.lightning_1.rows import OLD_ARGUMENTS
from groundwire_lightning.trainer.lightning_1.taking import translated

ROWS = {row.name: row for row in OLD_ARGUMENTS}
DEFAULTS = {row.name: row.default for row in ARGUMENTS}
OF_KIND = {"int": 3, "list": [0, 1], "any": 3}
ANY = {"replace_sampler_ddp": False, "show_progress_bar": False, "default_save_path": "there"}


def today(**given):
    """What a call comes to: every argument of today, and what is kept beside them, but for what is told."""
    arguments, kept = translated("Trainer", given)
    return {**DEFAULTS, **arguments}, dataclasses.replace(kept, lines=())


REWRITES = [(row.name, word, new) for row in OLD_ARGUMENTS for word, new in row.rewrites.items()]


@pytest.mark.parametrize(("name", "word", "new"), REWRITES, ids=[f"{name}={word}" for name, word, _ in REWRITES])
def test_the_new_spelling_says_the_same(name, word, new):
    value = ANY.get(name, 3) if word == "any" else OF_KIND[word] if word in OF_KIND else eval(word)  # noqa: S307
    written = eval(f"dict({new.replace(';', ',').format(repr(value))})")  # noqa: S307
    assert today(**{name: value}) == today(**written)
    assert set(written) <= set(DEFAULTS)


@pytest.mark.parametrize("name", [row.name for row in OLD_ARGUMENTS if row.applies is None])
def test_an_argument_of_lightning_1_is_none_of_lightning_2(name):
    assert name not in inspect.signature(lightning.pytorch.Trainer.__init__).parameters
    assert ROWS[name].use


ASKING = {
    "gpus": 1,
    "num_processes": 2,
    "auto_select_gpus": True,
    "distributed_backend": "ddp",
    "nb_gpu_nodes": 2,
    "replace_sampler_ddp": False,
    "prepare_data_per_node": False,
    "amp_backend": "apex",
    "amp_level": "O2",
    "use_amp": True,
    "checkpoint_callback": False,
    "early_stop_callback": True,
    "resume_from_checkpoint": "a.ckpt",
    "weights_save_path": "there",
    "default_save_path": "there",
    "progress_bar_refresh_rate": 5,
    "process_position": 1,
    "show_progress_bar": False,
    "weights_summary": "full",
    "row_log_interval": 5,
    "log_save_interval": 5,
    "flush_logs_every_n_steps": 5,
    "log_gpu_memory": "all",
    "track_grad_norm": 2,
    "move_metrics_to_cpu": True,
    "terminate_on_nan": True,
    "print_nan_grads": True,
    "stochastic_weight_avg": True,
    "auto_lr_find": True,
    "auto_scale_batch_size": "power",
    "reload_dataloaders_every_epoch": True,
    "multiple_trainloader_mode": "min_size",
    "truncated_bptt_steps": 2,
    "automatic_optimization": False,
    "enable_pl_optimizer": True,
    "gradient_clip": 0.5,
    "max_nb_epochs": 3,
    "min_nb_epochs": 3,
    "nb_sanity_val_steps": 3,
    "overfit_pct": 0.5,
    "train_percent_check": 1,
    "val_percent_check": 0.5,
    "test_percent_check": 0.5,
    "accelerator": "ddp",
    "strategy": "dp",
    "plugins": "ddp",
    "accumulate_grad_batches": {0: 1, 4: 2},
}
REFUSED = {"tpu_cores": 8, "num_tpu_cores": 1, "ipus": 2}
SILENT = {"devices", "max_steps"}  # None, a default that nobody wrote


def test_every_argument_is_asked_about_here():
    assert {*ASKING, *REFUSED, *SILENT} == set(ROWS)


@pytest.mark.parametrize("name", ASKING)
def test_what_asks_for_something_is_told_once_with_what_it_is_today(name):
    arguments, kept = translated("Trainer", {name: ASKING[name]})
    (line,) = kept.lines
    assert line.startswith(f"Trainer({name}={ASKING[name]!r}) is of Lightning 1; today: ")
    assert ROWS[name].applies is not None or name not in arguments


@pytest.mark.parametrize("name", REFUSED)
def test_what_nothing_here_runs_on_is_refused(name):
    with pytest.raises(NotSupportedYetError, match=rf"Trainer\({name}={REFUSED[name]}\): "):
        translated("Trainer", {name: REFUSED[name]})


@pytest.mark.parametrize("name", [row.name for row in OLD_ARGUMENTS if row.idle and row.applies is None])
def test_a_default_of_lightning_1_asks_for_nothing(name):
    for value in ROWS[name].idle:
        assert today(**{name: value}) == (DEFAULTS, Kept())
        assert translated("Trainer", {name: value})[1].lines == ()


def test_todays_arguments_pass_as_they_are():
    given = {"accelerator": "gpu", "strategy": "ddp", "devices": 2, "max_steps": 3, "accumulate_grad_batches": 2}
    assert translated("Trainer", given) == (given, Kept())


CONTRADICTIONS = {
    "devices": ({"gpus": 1, "devices": 2}, "gpus=1, devices=2"),
    "accelerator": ({"gpus": 1, "accelerator": "cpu"}, "gpus=1, accelerator='cpu'"),
    "no card": ({"gpus": 0, "accelerator": "gpu"}, "gpus=0, accelerator='gpu'"),
    "processes": ({"gpus": 2, "num_processes": 3}, "num_processes=3, gpus=2"),
    "checkpoints": (
        {"checkpoint_callback": False, "enable_checkpointing": True},
        "checkpoint_callback=False, enable_checkpointing=True",
    ),
    "bar": (
        {"progress_bar_refresh_rate": 0, "enable_progress_bar": True},
        "progress_bar_refresh_rate=0, enable_progress_bar=True",
    ),
    "no bar": (
        {"progress_bar_refresh_rate": 5, "enable_progress_bar": False},
        "progress_bar_refresh_rate=5, enable_progress_bar=False",
    ),
    "summary": (
        {"weights_summary": None, "enable_model_summary": True},
        "weights_summary=None, enable_model_summary=True",
    ),
    "strategy": ({"accelerator": "ddp", "strategy": "dp"}, "accelerator='ddp', strategy='dp'"),
    "names": ({"max_nb_epochs": 3, "max_epochs": 4}, "max_nb_epochs=3, max_epochs=4"),
    "sampler": (
        {"replace_sampler_ddp": False, "use_distributed_sampler": True},
        "replace_sampler_ddp=False, use_distributed_sampler=True",
    ),
    "two strategies": ({"plugins": ["ddp", "ddp_spawn"]}, "plugins='ddp', plugins='ddp_spawn'"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_arguments_that_contradict_each_other_are_refused_with_both_names(name):
    given, both = CONTRADICTIONS[name]
    with pytest.raises(MisconfigurationException) as raised:
        translated("Trainer", given)
    assert str(raised.value) == f"Trainer({both}): they contradict each other; keep one of them"


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"weights_summary": "bottom"}, "weights_summary"),
        ({"multiple_trainloader_mode": "max_size"}, "multiple_trainloader_mode"),
        ({"track_grad_norm": 0}, "track_grad_norm"),
        ({"track_grad_norm": "two"}, "track_grad_norm"),
        ({"checkpoint_callback": "best"}, "checkpoint_callback"),
        ({"early_stop_callback": 3}, "early_stop_callback"),
    ],
)
def test_a_value_that_means_nothing_is_refused(given, argument):
    with pytest.raises(MisconfigurationException, match=rf"Trainer\({argument}=\): "):
        translated("Trainer", given)


# callbacks


def callbacks_of(**given):
    return translated("Trainer", given)[0]["callbacks"]


def test_callbacks_join_those_of_the_call():
    mine, best = L.Callback(), ModelCheckpoint()
    joined = callbacks_of(
        callbacks=mine, checkpoint_callback=best, stochastic_weight_avg=True, progress_bar_refresh_rate=7
    )
    assert [type(callback) for callback in joined] == [AtTheRateOfThen, L.Callback, ModelCheckpoint, TQDMProgressBar]
    assert joined[1:3] == [mine, best]


def test_the_two_arguments_of_a_bar_make_one():
    (bar,) = callbacks_of(progress_bar_refresh_rate=7, process_position=2)
    assert (bar.refresh_rate, bar.process_position) == (7, 2)


@pytest.mark.parametrize(("mode", "depth"), [("top", 1), ("full", -1)])
def test_a_summary_is_as_deep_as_its_mode_says(mode, depth):
    (summary,) = callbacks_of(weights_summary=mode)
    assert summary._max_depth == depth


@pytest.mark.parametrize(
    ("given", "callback"),
    [
        ({"progress_bar_refresh_rate": 5}, TQDMProgressBar()),
        ({"weights_summary": "full"}, ModelSummary()),
        ({"log_gpu_memory": True}, callbacks.DeviceStatsMonitor()),
        ({"stochastic_weight_avg": True}, callbacks.StochasticWeightAveraging(0.1)),
    ],
)
def test_a_callback_of_the_call_is_the_one_that_is_meant(given, callback):
    arguments, kept = translated("Trainer", {"callbacks": [callback], **given})
    assert arguments["callbacks"] == [callback]
    assert "among callbacks=" in kept.lines[0]


def test_without_a_logger_there_are_no_values_of_a_card_to_write():
    arguments, kept = translated("Trainer", {"log_gpu_memory": True, "logger": False})
    assert not arguments.get("callbacks")
    assert "no logger to write to" in kept.lines[0]


def test_early_stopping_by_default_waits_for_three_epochs():
    (stopping,) = callbacks_of(early_stop_callback=True)
    assert (type(stopping), stopping.monitor, stopping.patience) == (EarlyStopping, "val_loss", 3)
    own = EarlyStopping("loss")
    assert callbacks_of(early_stop_callback=own) == [own]


def test_the_interval_of_a_csv_logger_is_set():
    logger = L.loggers.CSVLogger("there")
    translated("Trainer", {"logger": [logger], "flush_logs_every_n_steps": 7})
    assert logger._flush_logs_every_n_steps == 7


@pytest.mark.parametrize(
    ("given", "precision"),
    [
        ({"amp_backend": "apex", "precision": 16}, "16-mixed"),
        ({"amp_backend": "apex", "precision": 16, "amp_level": "O3"}, "16-true"),
        ({"amp_backend": "apex", "precision": 32}, 32),
        ({"amp_backend": "native", "precision": 16}, 16),
        ({"use_amp": True}, "16-mixed"),
    ],
)
def test_apex_is_the_mixed_precision_of_torch(given, precision):
    assert translated("Trainer", given)[0]["precision"] == precision


# in a run


def test_attributes_that_were_arguments_are_set_on_the_objects():
    trainer = quiet(truncated_bptt_steps=2, prepare_data_per_node=False)
    module, data = Lit(), L.LightningDataModule.from_datasets(loader().dataset, batch_size=4)
    trainer.fit(module, datamodule=data)
    assert (module.truncated_bptt_steps, module.prepare_data_per_node, data.prepare_data_per_node) == (2, False, False)
    assert not hasattr(data, "truncated_bptt_steps")


def test_optimization_by_hand_that_the_trainer_was_asked_for():
    class ByHand(Lit):
        def training_step(self, batch, batch_idx):
            self.optimizers().zero_grad()
            self.manual_backward(super().training_step(batch, batch_idx))
            self.optimizers().step()

    module = ByHand()
    trainer = quiet(automatic_optimization=False, max_steps=2)
    trainer.fit(module, loader())
    assert (module.automatic_optimization, trainer.global_step) == (False, 2)


@pytest.mark.parametrize("logger", [False, True])
def test_checkpoints_are_written_below_the_folder_that_was_asked_for(logger, tmp_path):
    trainer = L.Trainer(
        max_steps=1,
        weights_save_path=tmp_path / "weights",
        default_root_dir=tmp_path / "logs",
        logger=logger,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Lit(), loader())
    below = "lightning_logs/version_0/checkpoints" if logger else "checkpoints"
    assert trainer.checkpoint_callback.best_model_path.startswith(str(tmp_path / "weights" / below))


def test_the_report_lists_each_argument_of_lightning_1(capsys):
    trainer = quiet(checkpoint_callback=False, enable_checkpointing=None, max_nb_epochs=1, max_epochs=None)
    lines = trainer.explain("json", Lit())["lightning_1"]
    assert lines == [
        "1.x  Trainer(checkpoint_callback=False) is of Lightning 1; today: enable_checkpointing=False",
        "1.x  Trainer(max_nb_epochs=1) is of Lightning 1; today: max_epochs=1",
    ]
    assert "Lightning 1:\n  1.x  Trainer(" in trainer.explain(model=Lit())
    assert quiet().explain("json", Lit())["lightning_1"] == []
