"""Callbacks read what an epoch end logged, behind it, and gather outputs of batches of their own."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return {"loss": self.layer(batch[0]).pow(2).mean(), "index": batch_idx}

    def training_epoch_end(self, outputs):
        self.log("mean", torch.stack([output["loss"] for output in outputs]).mean())

    def validation_step(self, batch, batch_idx):
        return {"mean": self.layer(batch[0]).mean(), "batch": batch_idx}

    def validation_epoch_end(self, outputs):
        self.log("val_mean", outputs[-1]["mean"])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Gathers(pl.Callback):
    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, unused=0):
        self.seen.append(outputs["index"])

    def on_train_epoch_end(self, trainer, pl_module):
        self.seen.append(sorted(trainer.callback_metrics))

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx):
        self.seen.append(outputs["batch"])

    def on_validation_end(self, trainer, pl_module):
        self.seen.append(sorted(trainer.callback_metrics))


data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
gathers = Gathers()
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    callbacks=[gathers],
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = gathers.seen
