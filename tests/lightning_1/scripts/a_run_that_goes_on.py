"""A run that is taken up from its own file, in one program."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
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


torch.manual_seed(1)
data = DataLoader(torch.randn(12, 4), batch_size=4, generator=torch.Generator())
model = Lit()
trainer = pl.Trainer(
    max_epochs=2,
    callbacks=[ModelCheckpoint("first", save_last=True)],
    log_every_n_steps=1,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, data, data)
more = pl.Trainer(
    max_epochs=4, logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False
)
again = Lit(rate=0.3)
more.fit(again, data, data, ckpt_path="first/last.ckpt")
answer = [
    again.layer.weight,
    more.global_step,
    more.current_epoch,
    Lit.load_from_checkpoint("first/last.ckpt").hparams.rate,
]
