"""Two ModelCheckpoints, one by steps and one by epochs."""

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
    max_epochs=4,
    callbacks=[
        ModelCheckpoint("steps", every_n_train_steps=2, save_top_k=-1),
        ModelCheckpoint("epochs", every_n_epochs=2, save_top_k=-1),
    ],
    log_every_n_steps=1,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, data, data)
answer = [callback.best_model_path for callback in trainer.checkpoint_callbacks]
