"""A logger of a project, an average of the weights that validation uses, and a timer."""

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, Timer
from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ListLogger(Logger):
    def __init__(self):
        super().__init__()
        self.rows = []

    @property
    def name(self):
        return "list"

    @property
    def version(self):
        return "0.1"

    @rank_zero_only
    def log_hyperparams(self, params):
        self.rows.append(("hparams", dict(params)))

    @rank_zero_only
    def log_metrics(self, metrics, step):
        self.rows.append((step, dict(metrics)))

    @rank_zero_only
    def finalize(self, status):
        self.rows.append(("end", status))


class Model(pl.LightningModule):
    def __init__(self, width: int = 4):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.mse_loss(self.net(x), y)
        self.log("loss", loss, on_step=True, on_epoch=True)
        self.logger.log_metrics({"by_hand": batch_idx}, step=self.global_step)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val", nn.functional.mse_loss(self.net(x), y), reduce_fx=torch.max)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.02)


pl.seed_everything(17)
x = torch.randn(24, 2)
loader = DataLoader(TensorDataset(x, x.prod(1, keepdim=True)), batch_size=6)
model, logger = Model(), ListLogger()
trainer = pl.Trainer(
    max_epochs=3,
    accelerator="cpu",
    logger=logger,
    log_every_n_steps=2,
    callbacks=[EMAWeightAveraging(decay=0.8), Timer(duration="00:01:00:00")],
    enable_checkpointing=False,
    enable_progress_bar=False,
)
trainer.fit(model, loader, loader)
answer = {"rows": logger.rows, "log_dir": trainer.log_dir, "logger": trainer.logger is logger}
