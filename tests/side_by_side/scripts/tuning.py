"""Learning rate and batch size found before training, by the Tuner."""

import lightning as L
import torch
from lightning.pytorch.tuner import Tuner
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Model(L.LightningModule):
    def __init__(self, lr: float = 1e-3, batch_size: int = 2):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self.net(x), y)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)

    def train_dataloader(self):
        x = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
        return DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=self.hparams.batch_size)


L.seed_everything(1)
model = Model()
trainer = L.Trainer(
    max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False
)
tuner = Tuner(trainer)
size = tuner.scale_batch_size(model, mode="power", max_trials=3, steps_per_trial=2)
found = tuner.lr_find(model, num_training=30, min_lr=1e-4, max_lr=1.0)
trainer.fit(model)
answer = {"size": size, "lr": found.suggestion(), "losses": found.results["loss"], "hparams": dict(model.hparams)}
