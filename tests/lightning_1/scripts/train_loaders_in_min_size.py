"""Several training loaders, read until the shortest ends."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.sums = []
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch["a"][0]).pow(2).mean() + self.layer(batch["b"][0]).mean()
        self.log("loss", loss)
        return loss

    def on_train_batch_start(self, batch, batch_idx):
        self.sums.append([batch["a"][0].sum(), batch["b"][0].sum()])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
model = Model()
short = TensorDataset(torch.arange(24.0).reshape(6, 4))
trainer = pl.Trainer(
    max_epochs=2,
    multiple_trainloader_mode="min_size",
    limit_train_batches=5,
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, {"a": DataLoader(data, batch_size=2, shuffle=True), "b": DataLoader(short, batch_size=2)})
answer = [trainer.num_training_batches, model.sums]
