"""A progress bar that stems from the base class and reads the numbers of batches."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ProgressBarBase
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


class Bar(ProgressBarBase):
    seen = []  # noqa: RUF012  # shared on purpose

    def disable(self):
        self.seen.append("off")

    def enable(self):
        self.seen.append("on")

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        self.seen.append([self.train_batch_idx, self.total_train_batches, self.total_val_batches])

    def on_test_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
        self.seen.append(self.total_test_batches_current_dataloader if self.has_dataloader_changed(0) else "same")


torch.manual_seed(1)
data = DataLoader(torch.randn(12, 4), batch_size=4, generator=torch.Generator())
model = Lit()
trainer = pl.Trainer(
    max_epochs=2, callbacks=[Bar()], log_every_n_steps=1, enable_progress_bar=True, enable_model_summary=False
)
trainer.fit(model, data, data)
answer = Bar.seen
