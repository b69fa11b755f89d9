"""Gradients of each optimizer clipped by value where the trainer says so."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        return self.second(self.first(batch[0])).pow(2).mean() * 10

    def configure_optimizers(self):
        return [torch.optim.Adagrad(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1)]


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    gradient_clip_val=0.25,
    gradient_clip_algorithm="value",
    accumulate_grad_batches=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    logger=False,
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(10, 4)), batch_size=2))
