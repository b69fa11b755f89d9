"""The best checkpoint is kept and tested; a data module, early stopping, OneCycle by the number of updates."""

import argparse
import hashlib
from pathlib import Path

import torch
from lightning import LightningDataModule, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

QUIET = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}


class Data(LightningDataModule):
    def prepare_data(self):
        self.inputs = torch.linspace(-1, 1, 90).reshape(-1, 1)

    def setup(self, stage):
        whole = TensorDataset(self.inputs, (3 * self.inputs).sin() + 0.1 * torch.randn(90, 1))
        self.parts = random_split(whole, [60, 20, 10])
        self.stage = stage

    def train_dataloader(self):
        return DataLoader(self.parts[0], batch_size=7, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.parts[1], batch_size=8)

    def test_dataloader(self):
        return DataLoader(self.parts[2], batch_size=4)

    def teardown(self, stage):
        self.stage = None


class Fit(LightningModule):
    def __init__(self, width, **others):
        super().__init__()
        self.save_hyperparameters("width")
        self.net = nn.Sequential(nn.Linear(1, self.hparams.width), nn.ReLU(), nn.Linear(self.hparams.width, 1))

    def training_step(self, batch):
        loss = self.loss(batch)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log_dict({"val/loss": self.loss(batch)}, prog_bar=True)

    def test_step(self, batch, batch_idx):
        self.log("test_loss", self.loss(batch), on_epoch=True)

    def loss(self, batch):
        inputs, targets = batch
        return nn.functional.mse_loss(self.net(inputs), targets)

    def on_train_epoch_start(self):
        self.noise = torch.randn(1)

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=0.01)
        total = self.trainer.estimated_stepping_batches
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=total)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    args = parser.parse_args()
    seed_everything(5)
    checkpoint = ModelCheckpoint(
        "best", filename="{epoch:02d}-{val/loss:.3f}", monitor="val/loss", save_top_k=2, mode="min"
    )
    callbacks = [checkpoint, EarlyStopping(monitor="val/loss", patience=4)]
    model, data = Fit(8), Data()
    trainer = Trainer(max_epochs=args.epochs, callbacks=callbacks, accelerator="cpu", **QUIET)
    trainer.fit(model, datamodule=data)
    print("stopped after", trainer.current_epoch, "epochs")
    print(trainer.test(model, datamodule=data, ckpt_path="best", verbose=False))
    print(Path(checkpoint.best_model_path).name, f"{checkpoint.best_model_score:.6f}")
    print("weights", hashlib.sha256(b"".join(one.detach().numpy().tobytes() for one in model.parameters())).hexdigest())


if __name__ == "__main__":
    main()
