"""Predictions written batch by batch and at the end, and returned."""

from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import BasePredictionWriter
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Writer(BasePredictionWriter):
    def __init__(self, output_dir, write_interval):
        super().__init__(write_interval)
        self.output_dir = output_dir

    def write_on_batch_end(self, trainer, pl_module, prediction, batch_indices, batch, batch_idx, dataloader_idx):
        said = [batch_idx, dataloader_idx, list(batch_indices), prediction.shape]
        with Path(f"{self.output_dir}batch-{dataloader_idx}-{batch_idx}.txt").open("w") as file:
            file.write(f"{said}\n")

    def write_on_epoch_end(self, trainer, pl_module, predictions, batch_indices):
        with Path(f"{self.output_dir}all.txt").open("w") as file:
            file.write(f"{len(predictions)} {batch_indices}\n")


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 2), nn.Dropout(0.5))

    def forward(self, x):
        return self.net(x)

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        return self(batch[0]).softmax(-1) + dataloader_idx


pl.seed_everything(2)
data = TensorDataset(torch.randn(10, 4))
model = Model()
quiet = {"logger": False, "enable_progress_bar": False, "accelerator": "cpu"}
one = pl.Trainer(callbacks=[Writer("", "batch_and_epoch")], **quiet)
answer = {"one": one.predict(model, DataLoader(data, batch_size=4))}
two = pl.Trainer(callbacks=[Writer("two-", "epoch")], limit_predict_batches=2, **quiet)
answer["two"] = two.predict(model, [DataLoader(data, batch_size=4), DataLoader(data, batch_size=3)])
answer["none"] = pl.Trainer(**quiet).predict(model, DataLoader(data, batch_size=5), return_predictions=False)
answer["forward"] = model(data.tensors[0])
trainer = one
