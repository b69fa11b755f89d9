"""A step that returned None leaves nothing in the outputs, and an epoch of such steps an empty list."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        if self.current_epoch == 1 or batch_idx == 1:
            return None
        return {"loss": self.layer(batch[0]).pow(2).mean(), "batch_idx": batch_idx}

    def training_epoch_end(self, outputs):
        counts.append(len(outputs))

    def validation_step(self, batch, batch_idx):
        return None

    def validation_epoch_end(self, outputs):
        counts.append(outputs)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


counts = []
data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=3,
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = counts
