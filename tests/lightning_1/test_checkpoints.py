"""Checkpoints that Lightning 1.9.5 wrote: a run that goes on from one is the one that goes on there, bit for bit."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lightning_1.oracle import Oracle
from tests.lightning_1.recorded import OF_A_CHECKPOINT, differences, recorded
from tests.lightning_1.test_programs import in_ours

PROGRAM = """
import torch
import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader


class Data(pl.LightningDataModule):
    def __init__(self, size=4):
        super().__init__()
        self.save_hyperparameters()

    def train_dataloader(self):
        data = torch.randn(24, 3, generator=torch.Generator().manual_seed(1))
        return DataLoader(data, self.hparams.size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(torch.randn(8, 3, generator=torch.Generator().manual_seed(2)), self.hparams.size)

    def state_dict(self):
        return {"seen": 5}

    def load_state_dict(self, state):
        self.seen = state["seen"]


class Lit(pl.LightningModule):
    manual = False

    def __init__(self, rate=0.1, layers=(3, 1)):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(*layers)
        self.other = torch.nn.Linear(1, 1)
        self.automatic_optimization = not self.manual

    def forward(self, x):
        return self.other(self.layer(x))

    def training_step(self, batch, batch_idx):
        loss = self(batch).square().mean()
        self.log("loss", loss, on_step=True, on_epoch=True)
        if self.manual:
            for optimizer in self.optimizers():
                optimizer.zero_grad()
                self.manual_backward(self(batch).square().mean())
                optimizer.step()
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self(batch).square().mean())

    def configure_optimizers(self):
        if self.manual:
            one = torch.optim.Adam(self.layer.parameters(), self.hparams.rate)
            return [one, torch.optim.SGD(self.other.parameters(), 0.01, momentum=0.9)]
        optimizer = torch.optim.Adam(self.parameters(), self.hparams.rate)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3, 0.5)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": INTERVAL}}

    def on_save_checkpoint(self, checkpoint):
        checkpoint["mine"] = [1, 2]

    def on_load_checkpoint(self, checkpoint):
        self.mine = checkpoint["mine"]


def new_trainer(**arguments):
    callbacks = [
        ModelCheckpoint("saved", "{epoch}-{step}", monitor=MONITOR, save_top_k=-1 if MONITOR is None else 2, **WHEN),
        EarlyStopping("val_loss", patience=7, strict=False),
    ]
    logger = pl.loggers.CSVLogger(".")
    return pl.Trainer(
        logger=logger, callbacks=callbacks, log_every_n_steps=1, enable_progress_bar=False,
        enable_model_summary=False, **arguments, **MORE,
    )
"""
AROUND = "with validation in the middle"
RUNS = {
    "at the end of an epoch": {},
    "of the best": {"MONITOR": "'val_loss'"},
    "in the middle of an epoch": {"WHEN": "{'every_n_train_steps': 4}"},
    "in the middle of accumulation": {"WHEN": "{'every_n_train_steps': 2}", "MORE": "{'accumulate_grad_batches': 2}"},
    "with a scheduler by steps": {"INTERVAL": "'step'", "WHEN": "{'every_n_train_steps': 4}"},
    AROUND: {"MORE": "{'val_check_interval': 3}"},
    "of two optimizers stepped by hand": {"Lit.manual": "True"},
    "of two optimizers stepped by hand in the middle": {"Lit.manual": "True", "WHEN": "{'every_n_train_steps': 4}"},
    "in doubles": {"MORE": "{'precision': 64}"},
}
WRITES = "new_trainer(max_epochs=2).fit(Lit(), Data())\n"
GOES_ON = """
model, answer = Lit(), {}
trainer = new_trainer(max_epochs=4)
trainer.fit(model, Data(), ckpt_path=PATH)
answer["mine"], answer["seen"] = model.mine, trainer.datamodule.seen
again = Lit.load_from_checkpoint(PATH, rate=0.3)
answer["loaded"] = [again.hparams.rate, list(again.hparams.layers), again.layer.weight]
answer["data"] = Data.load_from_checkpoint(PATH).hparams.size
answer["best"] = sorted(trainer.checkpoint_callback.best_k_models.values())
"""


def comparable(outcome: dict[str, Any]) -> dict[str, Any]:
    """An outcome whose checkpoints, as hooks were given them, have the entries that mean the same to all releases."""
    for call in outcome["calls"]:
        function, arguments, *_ = call
        if function == "Data.val_dataloader":  # a training loader draws its seed before it today, and draws the same
            call.pop()
        if "checkpoint" in arguments:
            given = arguments["checkpoint"]
            arguments["checkpoint"] = {name: given[name] for name in (*OF_A_CHECKPOINT, "mine") if name in given}
    return outcome


@pytest.fixture
def names(request: pytest.FixtureRequest) -> str:
    values = {"MONITOR": "None", "WHEN": "{}", "MORE": "{}", "INTERVAL": "'epoch'", **RUNS[request.param]}
    return "".join(f"{name} = {value}\n" for name, value in values.items())


def outcomes(names: str, folder: Path, lightning_1: Oracle) -> Iterator[tuple[Any, Any]]:
    """Of the first and the last file that 1.9.5 wrote: what it does with it, and what is done here."""
    logging.getLogger("groundwire_lightning").setLevel(logging.ERROR)
    lightning_1.ask(PROGRAM + names + WRITES, "writes.py", folder / "written")
    files = sorted((folder / "written/saved").iterdir())
    for file in dict.fromkeys((files[0], files[-1])):
        text = f"{PROGRAM}{names}PATH = {str(file)!r}\n{GOES_ON}"
        theirs = lightning_1.ask(text, "goes_on.py", folder / f"theirs/{file.name}")
        ours = json.loads(json.dumps(recorded(in_ours(text), "goes_on.py", folder / f"ours/{file.name}")))
        yield comparable(theirs), comparable(ours)


@pytest.mark.parametrize("names", [name for name in RUNS if name != AROUND], indirect=True)
def test_a_run_goes_on_from_a_file_of_lightning_1_as_it_does_there(
    names: str, tmp_path: Path, lightning_1: Oracle
) -> None:
    for theirs, ours in outcomes(names, tmp_path, lightning_1):
        lines = differences(theirs, ours)
        assert not lines, f"{len(lines)} places\n" + "\n".join(lines[:12])


@pytest.mark.parametrize("names", [AROUND], indirect=True)
def test_a_validation_that_was_over_is_not_begun_again_without_batches(
    names: str, tmp_path: Path, lightning_1: Oracle
) -> None:
    """Lightning 1 calls its hooks once more, with nothing between them; the training around it is the same."""
    for theirs, ours in outcomes(names, tmp_path, lightning_1):
        assert differences(theirs["weights"], ours["weights"]) == []
