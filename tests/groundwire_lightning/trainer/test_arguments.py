"""Every argument of Lightning's Trainer: which values are taken, and what people do with the class itself."""

import inspect

import lightning.pytorch
import pytest
import torch
from lightning.pytorch.plugins.environments import LightningEnvironment
from tests.groundwire_lightning.small import Lit, lit, loader, quiet, readable

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException, NotSupportedYetError, plugins
from groundwire_lightning.strategies.environments import SLURMEnvironment
from groundwire_lightning.trainer import arguments
from groundwire_lightning.trainer.arguments import ARGUMENTS

THEIRS = inspect.signature(lightning.pytorch.Trainer.__init__).parameters
OURS = inspect.signature(L.Trainer.__init__).parameters
ONLY_OURS = {"numerics"}


def test_the_arguments_are_lightnings_in_its_order_with_its_defaults():
    assert [name for name in OURS if name not in ONLY_OURS] == list(THEIRS)
    for name, parameter in THEIRS.items():
        assert (OURS[name].default, OURS[name].kind) == (parameter.default, parameter.kind), name


def test_every_argument_is_a_row_with_the_default_of_the_signature():
    assert {row.name: row.default for row in ARGUMENTS} == {n: one.default for n, one in OURS.items() if n != "self"}
    assert [row.name for row in ARGUMENTS] == [name for name in OURS if name != "self"]
    assert all(row.note for row in ARGUMENTS)


def test_every_default_passes_its_own_check():
    taken = arguments.check_arguments({row.name: row.default for row in ARGUMENTS})
    assert {row.name: taken[row.name] for row in ARGUMENTS} == {row.name: row.default for row in ARGUMENTS}


def test_help_shows_the_arguments_and_not_the_check_around_them():
    assert "max_epochs: 'int | None' = None" in str(inspect.signature(L.Trainer))
    assert "ckpt_path" in inspect.signature(L.Trainer.fit).parameters
    assert "patience: 'int' = 3" in str(inspect.signature(L.callbacks.EarlyStopping))


VALUES = [
    {"callbacks": None},
    {"callbacks": []},
    {"callbacks": L.Callback()},
    {"logger": False},
    {"logger": []},
    {"devices": "1"},
    {"accumulate_grad_batches": None},
    {"check_val_every_n_epoch": None, "val_check_interval": 2},
    {"profiler": "simple"},
    {"precision": 32},
    {"precision": "32"},
    {"precision": "bf16"},
    {"gradient_clip_val": 1, "gradient_clip_algorithm": "value"},
    {"deterministic": "warn"},
    {"deterministic": False},
    {"benchmark": True},
    {"detect_anomaly": True},
    {"limit_train_batches": None},
    {"limit_val_batches": 0.0},
    {"fast_dev_run": False},
    {"max_epochs": -1, "max_steps": 2},
    {"num_sanity_val_steps": -1},
    {"enable_checkpointing": False},
    {"inference_mode": False},
    {"use_distributed_sampler": False},
    {"sync_batchnorm": True},
    {"enable_autolog_hparams": False},
    {"plugins": []},
    {"plugins": None},
    {"plugins": [LightningEnvironment(), lightning.pytorch.plugins.TorchCheckpointIO()]},
    {"plugins": [plugins.TorchSyncBatchNorm(), plugins.AsyncCheckpointIO()]},
    {"plugins": SLURMEnvironment()},
    {"plugins": SLURMEnvironment(auto_requeue=False)},
    {"plugins": plugins.MixedPrecision("bf16-mixed", "cpu")},
    {"plugins": lightning.pytorch.plugins.MixedPrecision("bf16-mixed", "cpu")},
    {"barebones": True},
]


@pytest.mark.parametrize("asked", VALUES, ids=readable)
def test_a_value_that_lightning_takes_is_taken_and_runs(asked, tmp_path, monkeypatch):
    backends = torch.backends.cudnn.benchmark, torch.are_deterministic_algorithms_enabled()
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    usual = {} if "barebones" in asked else {"logger": False}
    trainer = quiet(**{"default_root_dir": tmp_path, **usual, **asked})
    trainer.fit(Lit(), loader(), loader())
    assert trainer.global_step > 0
    torch.backends.cudnn.benchmark = backends[0]
    torch.use_deterministic_algorithms(backends[1])


class Mine(plugins.TorchCheckpointIO):
    """Keeps checkpoints its own way."""


REFUSED = [
    ({"plugins": 3}, MisconfigurationException, "plugins=3: it is none of Precision, CheckpointIO"),
    ({"plugins": [plugins.TorchCheckpointIO(), plugins.TorchCheckpointIO()]}, MisconfigurationException, "two of"),
    ({"plugins": L.callbacks.ModelSummary()}, MisconfigurationException, "strategies have arguments of their own"),
    (
        {"plugins": Mine(), "strategy": L.strategies.SingleDeviceStrategy(checkpoint_io=Mine())},
        MisconfigurationException,
        r"plugins=Mine\(\) and .*leave out one",
    ),
    ({"plugins": plugins.MixedPrecision("bf16-mixed", "cpu"), "precision": 32}, ValueError, "keep one"),
    ({"model_registry": "name"}, NotSupportedYetError, "model_registry=.*'name'"),
    ({"barebones": True, "enable_checkpointing": True}, ValueError, "barebones=True, enable_checkpointing=True"),
    ({"barebones": True, "fast_dev_run": 3}, ValueError, "barebones=True, fast_dev_run=3"),
    ({"gradient_clip_val": "a"}, TypeError, "gradient_clip_val"),
    ({"gradient_clip_algorithm": "other"}, MisconfigurationException, "gradient_clip_algorithm"),
    ({"limit_train_batches": 1.5}, MisconfigurationException, "limit_train_batches"),
    ({"max_epochs": -2}, MisconfigurationException, "max_epochs"),
]


@pytest.mark.parametrize(("asked", "error", "said"), REFUSED, ids=readable)
def test_what_is_refused_is_refused_by_name(asked, error, said):
    with pytest.raises(error, match=said):
        quiet(**{"enable_progress_bar": None, "num_sanity_val_steps": None, **asked})


def test_barebones_logs_nothing():
    class Logs(Lit):
        def training_step(self, batch, batch_idx):
            self.log("loss", 1.0)
            return super().training_step(batch, batch_idx)

    trainer = L.Trainer(barebones=True, max_epochs=1, accelerator="cpu")
    with pytest.warns(UserWarning, match="barebones=True"):
        trainer.fit(Logs(), loader())
    assert trainer.callback_metrics == {}
    assert (trainer.barebones, trainer.log_every_n_steps, trainer.num_sanity_val_steps) == (True, 0, 0)
    assert trainer.loggers == trainer.checkpoint_callbacks == []


def test_batch_norms_are_left_alone_in_one_process():
    module = lit()
    module.norm = torch.nn.BatchNorm1d(1)
    quiet(sync_batchnorm=True).fit(module, loader())
    assert type(module.norm) is torch.nn.BatchNorm1d
