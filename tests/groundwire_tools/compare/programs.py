"""A small program in the style of Lightning's users, and places at which it can be made to differ."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning as L
from groundwire.testing import Record, record
from groundwire_lightning.loggers import CSVLogger
from groundwire_tools.compare.written import contents_of_files


class Net(L.LightningModule):
    def __init__(self, other: str) -> None:
        super().__init__()
        self.other = other
        self.layer = torch.nn.Linear(3, 1)

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        loss = self.layer(batch[0]).square().mean()
        step = self.trainer.global_step
        self.log("loss", loss.detach() + (1 if self.other == "logged" and step == 5 else 0))
        return loss * (1.5 if self.other == "loss" and step == 5 else 1)

    def on_train_epoch_end(self) -> None:
        if self.other == "random":
            random.random()
        if self.other == "weight" and self.current_epoch == 1:
            with torch.no_grad():
                self.layer.weight[0, 2] += 0.25

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), 0.1)
        step_size = 1 if self.other == "rate" else 2
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, step_size)]


class First(L.Callback):
    def on_train_batch_end(self, trainer: Any, *_: Any) -> None: ...


class Second(L.Callback):
    def on_train_batch_end(self, trainer: Any, *_: Any) -> None: ...


def program(folder: Path, other: str = "") -> Callable[[], None]:
    """Three epochs of four batches; ``other`` says what is not as it usually is."""

    def run() -> None:
        L.seed_everything(1)
        loader = DataLoader(TensorDataset(torch.randn(16, 3)), batch_size=4)
        callbacks = [First(), Second()]
        trainer = L.Trainer(
            max_epochs=3,
            accelerator="cpu",
            log_every_n_steps=1,
            logger=CSVLogger(folder),
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
            callbacks=callbacks[::-1] if other == "hook" else callbacks,
        )
        trainer.fit(Net(other), loader)

    return run


def recorded(folder: Path, other: str = "") -> Record:
    """What the program did, with its files."""
    result = record(program(folder, other))
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    result.files = contents_of_files(files, folder)
    return result
