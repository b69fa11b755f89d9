"""A metric that the steps fill is computed, logged and reset at the end of an epoch."""

import pytorch_lightning as pl
import torch
import torchmetrics
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)
        self.metric = torchmetrics.MeanSquaredError()

    def training_step(self, batch, batch_idx):
        return {"loss": self.layer(batch[0]).pow(2).mean(), "weight": len(batch[0])}

    def training_epoch_end(self, outputs):
        weights = torch.tensor([float(output["weight"]) for output in outputs])
        losses = torch.stack([output["loss"] for output in outputs])
        self.log_dict({"weighed": (weights * losses).sum() / weights.sum(), "count": weights.sum()})

    def validation_step(self, batch, batch_idx):
        self.metric.update(self.layer(batch[0]), batch[0][:, :1])

    def validation_epoch_end(self, outputs):
        self.log("mse", self.metric.compute(), prog_bar=True)
        self.metric.reset()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=3,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=2,
)
trainer.fit(model, DataLoader(data, batch_size=4, shuffle=True), DataLoader(data, batch_size=4))
answer = trainer.validate(model, DataLoader(data, batch_size=4), verbose=False)
