"""Callbacks that hear of each optimizer, beside those that keep and stop by what a step logged."""

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
        self.log(f"loss_{optimizer_idx}", loss, on_step=True, on_epoch=True)
        return {"loss": loss, "which": optimizer_idx}

    def backward(self, loss, optimizer, optimizer_idx):
        loss.backward()

    def configure_optimizers(self):
        return torch.optim.Adam(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1)


class Listens(pl.Callback):
    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        pass

    def on_before_zero_grad(self, trainer, pl_module, optimizer):
        pass

    def on_before_backward(self, trainer, pl_module, loss):
        pass

    def on_after_backward(self, trainer, pl_module):
        pass

    def on_before_optimizer_step(self, trainer, pl_module, optimizer, opt_idx):
        pl_module.log(f"rate_{opt_idx}", optimizer.param_groups[0]["lr"])

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        pass


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=4,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=2,
    callbacks=[
        Listens(),
        pl.callbacks.EarlyStopping("loss_0_epoch", patience=1, min_delta=10.0),
        pl.callbacks.ModelCheckpoint(monitor="loss_1_epoch", mode="min", save_last=True),
    ],
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(6, 4)), batch_size=2))
