"""An ``optimizer_step`` that updates one of two optimizers at every batch and the other at every second one."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        loss = self.second(self.first(batch[0])).pow(2).mean()
        self.log("loss", loss)
        return loss

    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, **kwargs):
        if optimizer_idx == 0 or (batch_idx + 1) % 2 == 0:
            optimizer.step(closure=optimizer_closure)
        else:
            optimizer_closure()

    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        pass

    def configure_optimizers(self):
        return torch.optim.Adam(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1)


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(10, 4)), batch_size=2))
answer = trainer.global_step
