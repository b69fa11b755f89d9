"""Adapted: a module as it was written for Lightning; only the first import below has changed."""

from __future__ import annotations

from typing import Any

import torch
from digits import BATCH_SIZE, EPOCHS, LEARNING_RATE, SEED, Outcome, network, splits
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

import groundwire_lightning as L  # was: import lightning as L


class LitDigits(L.LightningModule):
    """A classifier that logs its loss and accuracy."""

    def __init__(self, lr: float) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = network()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.net(images)

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        images, labels = batch
        loss = cross_entropy(self(images), labels)
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        images, labels = batch
        logits = self(images)
        self.log("val_loss", cross_entropy(logits, labels))
        self.log("val_accuracy", (logits.argmax(dim=1) == labels).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


class DigitsData(L.LightningDataModule):
    """The digits as loaders."""

    def setup(self, stage: str | None = None) -> None:
        self.train, self.validation, _ = splits()

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.train, batch_size=BATCH_SIZE, shuffle=True)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(self.validation, batch_size=BATCH_SIZE)


class Curves(L.Callback):
    """Keeps what was logged, epoch by epoch."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.accuracies: list[float] = []

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not trainer.sanity_checking:
            self.accuracies.append(trainer.callback_metrics["val_accuracy"].item())

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.losses.append(trainer.callback_metrics["train_loss"].item())


def main(log_dir: str = "runs/digits/lightning") -> Outcome:
    """Train the digits classifier."""
    from groundwire_tensorboard import TensorBoardCallback

    L.seed_everything(SEED)
    model = LitDigits(lr=LEARNING_RATE)
    curves = Curves()
    trainer = L.Trainer(max_epochs=EPOCHS, callbacks=[curves, TensorBoardCallback(log_dir)])
    trainer.fit(model, datamodule=DigitsData())
    return Outcome(trainer, curves.losses, curves.accuracies, model.net)


if __name__ == "__main__":
    main()
