"""Values that the steps of two optimizers log under one name and under their own, from steps and hooks."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 1)
        self.second = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        layer = self.first if optimizer_idx == 0 else self.second
        loss = layer(batch[0]).pow(2).mean()
        self.log("shared", loss, on_step=True, on_epoch=True, prog_bar=True)
        self.log(f"own_{optimizer_idx}", loss * 2, on_step=False, on_epoch=True)
        if optimizer_idx == 0:
            self.log("largest", loss, on_step=False, on_epoch=True, reduce_fx=torch.max)
        seen.append({name: float(value) for name, value in sorted(self.trainer.callback_metrics.items())})
        return loss

    def on_before_backward(self, loss):
        self.log("before_backward", loss)

    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        self.log("rate", optimizer.param_groups[0]["lr"] + optimizer_idx)

    def on_train_epoch_end(self):
        seen.append({name: float(value) for name, value in sorted(self.trainer.callback_metrics.items())})

    def configure_optimizers(self):
        return torch.optim.SGD(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.2)


seen = []
torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=2,
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(11, 4)), batch_size=3))
answer = seen
