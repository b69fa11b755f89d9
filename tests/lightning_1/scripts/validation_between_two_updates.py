"""Gradients that are accumulated when a validation comes, before and after it."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(2, 1)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        layer = self.first if optimizer_idx == 0 else self.second
        return layer(batch[0]).pow(2).mean()

    def on_after_backward(self):
        seen.append([None if each.grad is None else float(each.grad.abs().sum()) for each in self.parameters()])

    def validation_step(self, batch, batch_idx):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1)


seen = []
torch.manual_seed(1)
data = TensorDataset(torch.randn(10, 2))
model = Model()
trainer = pl.Trainer(
    max_epochs=1,
    accumulate_grad_batches=3,
    val_check_interval=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=2), DataLoader(data, batch_size=5))
answer = seen
