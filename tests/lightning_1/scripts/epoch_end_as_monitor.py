"""What an epoch end logs is monitored: a run stops early, a scheduler moves and the best weights are kept."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).pow(2).mean()

    def training_epoch_end(self, outputs):
        self.log("train_mean", torch.stack([output["loss"] for output in outputs]).mean())

    def validation_step(self, batch, batch_idx):
        return (self.layer(batch[0]) - 0.3).abs().mean()

    def validation_epoch_end(self, outputs):
        self.log("val_loss", torch.stack(outputs).mean())

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.3)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
        return {"optimizer": optimizer, "lr_scheduler": scheduler, "monitor": "train_mean"}


data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
kept = pl.callbacks.ModelCheckpoint(monitor="val_loss", filename="{epoch}-{val_loss:.3f}", save_top_k=2)
trainer = pl.Trainer(
    max_epochs=8,
    callbacks=[pl.callbacks.EarlyStopping("val_loss", patience=1), kept],
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = [kept.best_model_path, kept.best_model_score, trainer.optimizers[0].param_groups[0]["lr"]]
