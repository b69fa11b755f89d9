"""A training step may return anything where its end makes a loss of it."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]), batch_idx

    def training_step_end(self, step_output):
        out, batch_idx = step_output
        return out.pow(2).mean() if batch_idx else None if self.current_epoch > 9 else out.mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4))
