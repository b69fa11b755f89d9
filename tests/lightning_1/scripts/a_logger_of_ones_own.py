"""A logger that stems from the base class of 1.9."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers.logger import Logger
from torch.utils.data import DataLoader


class Lit(pl.LightningModule):
    def __init__(self, rate=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(4, 1)

    def forward(self, x):
        return self.layer(x)

    def training_step(self, batch, batch_idx):
        loss = self(batch).square().mean()
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self(batch).square().mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.rate)


class Listing(Logger):
    lines = []  # noqa: RUF012  # shared on purpose
    name, version, experiment = "listing", 5, lines

    def log_metrics(self, metrics, step=None):
        self.experiment.append([step, metrics])

    def log_hyperparams(self, params, *args, **kwargs):
        self.lines.append(dict(params))

    def finalize(self, status):
        self.lines.append(status)


torch.manual_seed(1)
data = DataLoader(torch.randn(12, 4), batch_size=4, generator=torch.Generator())
model = Lit()
trainer = pl.Trainer(
    max_epochs=2,
    callbacks=[],
    log_every_n_steps=1,
    enable_progress_bar=False,
    enable_model_summary=False,
    logger=Listing(),
)
trainer.fit(model, data, data)
answer = Listing.lines
