"""A bar of tqdm whose bars are made and described by a subclass."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import TQDMProgressBar
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


class Bar(TQDMProgressBar):
    seen = []  # noqa: RUF012  # shared on purpose

    def init_train_tqdm(self):
        bar = super().init_train_tqdm()
        bar.set_description("mine")
        return bar

    def on_train_epoch_start(self, trainer, pl_module):
        super().on_train_epoch_start(trainer, pl_module)
        self.seen.append(type(self.main_progress_bar).__name__)


torch.manual_seed(1)
data = DataLoader(torch.randn(12, 4), batch_size=4, generator=torch.Generator())
model = Lit()
trainer = pl.Trainer(
    max_epochs=2,
    callbacks=[Bar(refresh_rate=1)],
    log_every_n_steps=1,
    enable_progress_bar=True,
    enable_model_summary=False,
)
trainer.fit(model, data, data)
answer = [Bar.seen, trainer.progress_bar_callback.refresh_rate]
