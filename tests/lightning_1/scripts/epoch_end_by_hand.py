"""A module that makes its updates itself gets what its steps returned."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)
        self.automatic_optimization = False

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        optimizer = self.optimizers()
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()
        return [loss, {"loss": loss, "more": 1}, {"more": loss.detach()}, None][batch_idx]

    def training_epoch_end(self, outputs):
        self.log("count", float(len(outputs)))

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
trainer.fit(model, DataLoader(data, batch_size=3))
