"""A ModelCheckpoint that keeps two by a value, and the last."""

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


checkpoint = ModelCheckpoint("kept", "{epoch:02d}-{val_loss:.2f}", "val_loss", save_last=True, save_top_k=2, mode="min")

torch.manual_seed(1)
data = DataLoader(torch.randn(12, 4), batch_size=4, generator=torch.Generator())
model = Lit()
trainer = pl.Trainer(
    max_epochs=3, callbacks=[checkpoint], log_every_n_steps=1, enable_progress_bar=False, enable_model_summary=False
)
trainer.fit(model, data, data)
answer = [
    checkpoint.best_model_path,
    checkpoint.kth_best_model_path,
    checkpoint.best_model_score,
    checkpoint.current_score,
]
answer += [sorted(checkpoint.best_k_models), trainer.checkpoint_callback is checkpoint]
answer += [checkpoint.format_checkpoint_name({"epoch": 3, "val_loss": 0.5})]
