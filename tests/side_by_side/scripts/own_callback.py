"""Callbacks of a project: a history, values logged from a callback, a stop by time of day, an exponential average."""

import copy

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback, LambdaCallback
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class History(Callback):
    def __init__(self):
        self.rows = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.rows.append({name: value.item() for name, value in trainer.callback_metrics.items()})

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        pl_module.log("seen", float(trainer.global_step * len(batch[0])), on_step=True)
        if trainer.global_step >= 14:
            trainer.should_stop = True


class EMA(Callback):
    def __init__(self, decay):
        self.decay = decay

    def on_fit_start(self, trainer, pl_module):
        self.shadow = copy.deepcopy(pl_module.net)

    def on_before_zero_grad(self, trainer, pl_module, optimizer):
        with torch.no_grad():
            for kept, new in zip(self.shadow.parameters(), pl_module.net.parameters(), strict=True):
                kept.mul_(self.decay).add_(new, alpha=1 - self.decay)

    def on_validation_epoch_start(self, trainer, pl_module):
        pl_module.net, self.shadow = self.shadow, pl_module.net

    def on_validation_epoch_end(self, trainer, pl_module):
        pl_module.net, self.shadow = self.shadow, pl_module.net


class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(3, 1)

    def training_step(self, batch, batch_idx):
        loss = nn.functional.mse_loss(self.net(batch[0]), batch[1])
        self.log("loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val", nn.functional.mse_loss(self.net(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.05)

    def configure_callbacks(self):
        return [EMA(0.9)]


L.seed_everything(4)
x = torch.randn(30, 3)
data = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=5)
model, history, told = Model(), History(), []
moments = LambdaCallback(
    on_train_start=lambda trainer, module: told.append("start"),
    on_train_end=lambda trainer, module: told.append(("end", trainer.global_step)),
)
trainer = L.Trainer(
    max_epochs=5, min_epochs=1, accelerator="cpu", logger=False, callbacks=[history, moments], enable_progress_bar=False
)
trainer.fit(model, data, data)
answer = {"rows": history.rows, "told": told, "callbacks": [type(each).__name__ for each in trainer.callbacks]}
