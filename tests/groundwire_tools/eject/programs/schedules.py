"""Schedulers by steps, epochs and a metric; accumulation, clipping, early stopping, validations within an epoch."""

import hashlib

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor
from lightning.pytorch.utilities.types import STEP_OUTPUT
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Steps(pl.Callback):
    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_start(self, trainer: "pl.Trainer", pl_module: "pl.LightningModule"):
        torch.rand(1)  # what a hook draws, the next batches see

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.losses.append(outputs["loss"].item())

    def on_validation_end(self, trainer, pl_module):
        if not trainer.sanity_checking:
            print(f"step {trainer.global_step}: {trainer.callback_metrics['val_loss'].item():.7f}")


class Regression(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 1))

    def forward(self, inputs):
        return self.net(inputs)

    def shared_step(self, batch, name):
        inputs, targets = batch
        loss = nn.functional.mse_loss(self(inputs), targets)
        self.log(f"{name}_loss", loss, on_step=name == "train", on_epoch=True)
        return loss

    def training_step(self, batch, batch_idx) -> STEP_OUTPUT:
        return {"loss": self.shared_step(batch, "train")}

    def validation_step(self, batch, batch_idx) -> None:
        self.shared_step(batch, "val")

    def on_train_epoch_end(self):
        self.log("epoch_sum", float(self.current_epoch))

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.2, momentum=0.9)
        return [optimizer], [
            {"scheduler": torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.98), "interval": "step", "frequency": 2},
            torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.7),
            {
                "scheduler": torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0),
                "monitor": "val_loss",
            },
        ]


def main():
    pl.seed_everything(11)
    inputs = torch.randn(105, 3)
    data = TensorDataset(inputs, inputs.sum(1, keepdim=True).sin())
    model, steps = Regression(), Steps()
    lr_monitor = LearningRateMonitor(logging_interval="step")
    trainer = pl.Trainer(
        max_epochs=12,
        accumulate_grad_batches=3,
        gradient_clip_val=0.5,
        val_check_interval=0.5,
        callbacks=[steps, lr_monitor, EarlyStopping("val_loss", patience=3, min_delta=0.001, verbose=True)],
        accelerator="cpu",
        logger=pl.loggers.CSVLogger("logs"),
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,
    )
    trainer.fit(model, DataLoader(data, batch_size=10, shuffle=True), DataLoader(data, batch_size=32))
    print(trainer.current_epoch, trainer.global_step, sum(steps.losses))
    print("weights", hashlib.sha256(b"".join(one.detach().numpy().tobytes() for one in model.parameters())).hexdigest())


if __name__ == "__main__":
    main()
