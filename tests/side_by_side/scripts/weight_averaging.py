"""Stochastic weight averaging over the last epochs, accumulation by epoch, and gradients of LBFGS."""

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import GradientAccumulationScheduler, StochasticWeightAveraging
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self, optimizer):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 1))
        self.optimizer = optimizer
        self.losses = []

    def training_step(self, batch, batch_idx):
        loss = nn.functional.mse_loss(self.net(batch[0]), batch[1])
        self.losses.append(loss.item())
        return loss

    def configure_optimizers(self):
        return self.optimizer(self.parameters())


def run(optimizer, callbacks, epochs):
    pl.seed_everything(13)
    x = torch.randn(40, 3)
    model = Model(optimizer)
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = pl.Trainer(max_epochs=epochs, accelerator="cpu", callbacks=callbacks, **quiet)
    trainer.fit(model, DataLoader(TensorDataset(x, x.prod(1, keepdim=True)), batch_size=10, shuffle=True))
    return {"weights": model.state_dict(), "losses": model.losses, "step": trainer.global_step}


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)


answer = {
    "swa": run(sgd, [StochasticWeightAveraging(swa_lrs=0.02, swa_epoch_start=2, annealing_epochs=2)], 5),
    "accumulation": run(sgd, [GradientAccumulationScheduler({0: 1, 2: 2})], 4),
    "lbfgs": run(lambda parameters: torch.optim.LBFGS(parameters, lr=0.1, max_iter=4), [], 2),
}
