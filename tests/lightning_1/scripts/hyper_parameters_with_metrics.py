"""TensorBoardLogger and what is logged with hyper-parameters."""

import pytorch_lightning as pl
import torch
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


class Logging(Lit):
    def on_train_start(self):
        self.logger.log_hyperparams(self.hparams, {"hp/best": 0.0})

    def on_train_epoch_end(self):
        self.log("hp/best", float(self.current_epoch))


torch.manual_seed(1)
data = DataLoader(torch.randn(12, 4), batch_size=4, generator=torch.Generator())
model = Logging()
trainer = pl.Trainer(
    max_epochs=2,
    callbacks=[],
    log_every_n_steps=1,
    enable_progress_bar=False,
    enable_model_summary=False,
    logger=pl.loggers.TensorBoardLogger("logs", "mine", 3, default_hp_metric=False),
)
trainer.fit(model, data, data)
answer = [trainer.logger.name, trainer.logger.version, trainer.logger.log_dir, trainer.log_dir]
