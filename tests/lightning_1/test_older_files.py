"""Checkpoints with the keys of 1.0 to 1.7: a run goes on from one as it does under Lightning 1.9.5."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from tests.lightning_1.oracle import Oracle
from tests.lightning_1.recorded import differences, recorded
from tests.lightning_1.test_programs import in_ours

from groundwire_tools.ckpt.command import main

PROGRAM = """
load = torch.load
torch.load = lambda *args, **kwargs: load(*args, **{**kwargs, "weights_only": False})  # 1.9.5 knows no other way


class Lit(pl.LightningModule):
    def __init__(self, rate=0.1, layers=(3, 1)):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(*layers)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch).square().mean()
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.layer(batch).square().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), self.hparams.rate)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)]


kept = ModelCheckpoint("saved", "{epoch}", "val_loss", save_top_k=-1)
stopping = EarlyStopping("val_loss", patience=7)
trainer = pl.Trainer(
    max_epochs=4, callbacks=[stopping, kept], enable_progress_bar=False, enable_model_summary=False,
    log_every_n_steps=1, logger=pl.loggers.CSVLogger("."),
)
model = Lit()
data = [torch.randn(6, 4, 3, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2)]
trainer.fit(model, *map(torch.utils.data.DataLoader, data), ckpt_path=PATH)
again = Lit.load_from_checkpoint(PATH, rate=0.5)
answer = [stopping.wait_count, stopping.best_score, kept.best_model_score, again.hparams.rate, again.layer.weight]
"""
IMPORTS = """
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
"""


def state_of(version: str, epoch: int, steps: int) -> dict[str, Any]:
    """What every release wrote, in its order of keys."""
    layer = torch.nn.Linear(3, 1)
    optimizer = torch.optim.Adam(layer.parameters(), 0.1)
    layer(torch.ones(3)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5).state_dict()
    return {
        "epoch": epoch,
        "global_step": steps,
        "pytorch-lightning_version": version,
        "state_dict": {f"layer.{name}": value for name, value in layer.state_dict().items()},
        "optimizer_states": [optimizer.state_dict()],
        "lr_schedulers": [scheduler],
        "hparams_name": "kwargs",
        "hyper_parameters": {"rate": 0.1, "layers": (3, 1)},
    }


STOPPING = {"wait_count": 1, "stopped_epoch": 0, "best_score": torch.tensor(0.5), "patience": 7}
BEST = {"best_model_score": torch.tensor(0.5), "best_model_path": "elsewhere/epoch=0.ckpt"}
PATHS = {"monitor": "val_loss", "current_score": torch.tensor(0.5), "dirpath": "elsewhere"}
KEPT = {"best_k_models": {"elsewhere/epoch=0.ckpt": torch.tensor(0.5)}, "kth_value": torch.tensor(0.5)}
LAST = {"kth_best_model_path": "elsewhere/epoch=0.ckpt", "last_model_path": ""}
OF_STOPPING = "EarlyStopping{'monitor': 'val_loss', 'mode': 'min'}"
OF_CHECKPOINTS = (
    "ModelCheckpoint{'monitor': 'val_loss', 'mode': 'min', 'every_n_train_steps': 0, 'every_n_epochs': 1, "
    "'train_time_interval': None, 'save_on_train_epoch_end': True}"
)


def counted(steps: int, in_epoch: int, epochs: dict[str, int]) -> dict[str, Any]:
    """The counters of loops that 1.6 to 1.9 wrote."""
    total, current = ({"ready": number, "completed": number} for number in (steps, in_epoch))
    every = {"total": dict.fromkeys(("ready", "completed", "started", "processed"), steps)}
    every["current"] = dict.fromkeys(every["total"], in_epoch)
    optimizer = {
        "step": {"total": total, "current": current},
        "zero_grad": {"total": {**total, "started": steps}, "current": {**current, "started": in_epoch}},
    }
    none = {"ready": 0, "completed": 0}
    fit_loop = {
        "state_dict": {},
        "epoch_loop.state_dict": {"_batches_that_stepped": steps},
        "epoch_loop.batch_progress": {**every, "is_last_batch": True},
        "epoch_loop.scheduler_progress": {
            "total": {"ready": 1, "completed": 1},
            "current": {"ready": 1, "completed": 1},
        },
        "epoch_loop.batch_loop.state_dict": {},
        "epoch_loop.batch_loop.optimizer_loop.state_dict": {},
        "epoch_loop.batch_loop.optimizer_loop.optim_progress": {"optimizer": optimizer, "optimizer_position": 1},
        "epoch_loop.batch_loop.manual_loop.state_dict": {},
        "epoch_loop.batch_loop.manual_loop.optim_step_progress": {"total": none, "current": none},
        "epoch_progress": {"total": epochs, "current": epochs},
    }
    return {"fit_loop": fit_loop}


FILES: dict[str, dict[str, Any]] = {
    "1.0.8": state_of("1.0.8", 1, 6)
    | {"callbacks": {EarlyStopping: STOPPING, ModelCheckpoint: BEST}, "native_amp_scaling_state": {}},
    "1.2.10": state_of("1.2.10", 1, 6) | {"callbacks": {EarlyStopping: STOPPING, ModelCheckpoint: BEST | PATHS}},
    "1.5.10": state_of("1.5.10", 1, 6)
    | {"callbacks": {OF_STOPPING: STOPPING, OF_CHECKPOINTS: BEST | PATHS | KEPT | LAST}, "hparams_type": "dict"},
    "1.7.7": state_of("1.7.7", 0, 6)
    | {
        "callbacks": {OF_STOPPING: STOPPING, OF_CHECKPOINTS: BEST | PATHS | KEPT | LAST},
        "loops": counted(6, 6, {"ready": 1, "completed": 0, "started": 1, "processed": 1}),
    },
}


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.ckpt"
    torch.save(FILES[request.param], path)
    return path


def test_a_run_goes_on_from_an_older_file_as_under_1_9(file: Path, tmp_path: Path, lightning_1: Oracle) -> None:
    logging.getLogger("groundwire_lightning").setLevel(logging.ERROR)
    text = f"{IMPORTS}PATH = {str(file)!r}\n{PROGRAM}"
    theirs = lightning_1.ask(text, "goes_on.py", tmp_path / "theirs")
    ours = json.loads(json.dumps(recorded(in_ours(text), "goes_on.py", tmp_path / "ours")))
    assert differences(theirs, ours) == []


def test_the_commands_for_files_know_an_older_one(file: Path, tmp_path: Path, capsys: Any) -> None:
    assert main(["show", str(file)]) == 0
    assert f"Lightning {file.stem}" in capsys.readouterr().out
    assert main(["convert", str(file), str(tmp_path / "weights.safetensors"), "--to", "safetensors"]) == 0
    assert main(["convert", str(file), str(tmp_path / "today.ckpt"), "--to", "lightning"]) == 0
