"""LearningRateMonitor and CSVLogger, with momentum."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import LearningRateMonitor
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


class Falling(Lit):
    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
        return [optimizer], [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)]


torch.manual_seed(1)
data = DataLoader(torch.randn(12, 4), batch_size=4, generator=torch.Generator())
model = Falling()
trainer = pl.Trainer(
    max_epochs=3,
    callbacks=[LearningRateMonitor("epoch", log_momentum=True)],
    log_every_n_steps=1,
    enable_progress_bar=False,
    enable_model_summary=False,
    logger=pl.loggers.CSVLogger(".", "runs", 7),
)
trainer.fit(model, data, data)
answer = trainer.logged_metrics
del trainer  # LearningRateMonitor has its rates in callback_metrics too today
