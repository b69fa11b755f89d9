"""The hooks around an update, each as 1.x wrote it and with its base called, with one optimizer."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx, optimizer_idx=None):
        return self.layer(batch[0]).pow(2).mean()

    def backward(self, loss, optimizer, optimizer_idx, *args, **kwargs):
        super().backward(loss, optimizer, optimizer_idx, *args, **kwargs)

    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        super().on_before_optimizer_step(optimizer, optimizer_idx)

    def configure_gradient_clipping(
        self, optimizer, optimizer_idx, gradient_clip_val=None, gradient_clip_algorithm=None
    ):
        super().configure_gradient_clipping(optimizer, optimizer_idx, gradient_clip_val, gradient_clip_algorithm)

    def optimizer_step(self, current_epoch, batch_nb, optimizer, optimizer_i, second_order_closure=None, **kwargs):
        super().optimizer_step(current_epoch, batch_nb, optimizer, optimizer_i, second_order_closure, **kwargs)

    def optimizer_zero_grad(self, current_epoch, batch_idx, optimizer, opt_idx):
        super().optimizer_zero_grad(current_epoch, batch_idx, optimizer, opt_idx)

    def lr_scheduler_step(self, scheduler, optimizer_idx, metric):
        super().lr_scheduler_step(scheduler, optimizer_idx, metric)

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=0.1)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9), "interval": "step"},
            "frequency": 1,
        }


class Listens(pl.Callback):
    def on_before_optimizer_step(self, trainer, pl_module, optimizer, opt_idx):
        super().on_before_optimizer_step(trainer, pl_module, optimizer, opt_idx)

    def on_before_zero_grad(self, trainer, pl_module, optimizer):
        pass


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    gradient_clip_val=0.1,
    accumulate_grad_batches=2,
    enable_progress_bar=False,
    enable_model_summary=False,
    logger=False,
    callbacks=[Listens()],
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(10, 4)), batch_size=2))
answer = trainer.optimizers[0].param_groups[0]["lr"]
