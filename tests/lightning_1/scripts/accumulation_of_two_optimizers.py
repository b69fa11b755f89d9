"""Gradients of two optimizers accumulated over batches, the last window of an epoch being short."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 2)
        self.second = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        loss = self.second(self.first(batch[0])).pow(2).mean() * (optimizer_idx + 1)
        self.log(f"loss/{optimizer_idx}", loss, on_step=True, on_epoch=True)
        return loss

    def on_before_zero_grad(self, optimizer):
        pass

    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, on_tpu, using_lbfgs):
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, on_tpu, using_lbfgs)

    def optimizer_zero_grad(self, epoch, batch_idx, optimizer, optimizer_idx):
        super().optimizer_zero_grad(epoch, batch_idx, optimizer, optimizer_idx)

    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass

    def configure_optimizers(self):
        first = torch.optim.Adam(self.first.parameters(), lr=0.05)
        second = torch.optim.SGD(self.second.parameters(), lr=0.1)
        schedulers = [
            {"scheduler": torch.optim.lr_scheduler.ExponentialLR(first, 0.8), "interval": "step"},
            {"scheduler": torch.optim.lr_scheduler.ExponentialLR(second, 0.5), "interval": "epoch"},
        ]
        return [first, second], schedulers


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    accumulate_grad_batches=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(10, 4)), batch_size=2))
answer = [one.param_groups[0]["lr"] for one in trainer.optimizers]
