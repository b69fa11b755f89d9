"""ReduceLROnPlateau on a logged metric, saved checkpoints under names with metrics, stopping early at a threshold."""

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1)
        self.validation_outputs = []
        self.rates = []

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.mse_loss(self.layer(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.validation_outputs.append((self.layer(x) - y).pow(2))

    def on_validation_epoch_end(self):
        mean = torch.cat(self.validation_outputs).mean()
        self.validation_outputs.clear()
        self.log("val_mse", mean)
        self.log("val_rmse", mean.sqrt(), logger=False)
        self.rates.append(self.trainer.optimizers[0].param_groups[0]["lr"])

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.5)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.3, patience=0, threshold=0.5)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "monitor": "val_mse", "interval": "epoch"},
        }


pl.seed_everything(5)
x = torch.randn(64, 4)
data = TensorDataset(x, x @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]]) + 0.1)
model = Model()
saver = ModelCheckpoint(
    dirpath="models", monitor="val_mse", save_top_k=3, filename="best-{epoch}-{val_rmse:.4f}", save_weights_only=True
)
stopper = EarlyStopping(monitor="val_mse", stopping_threshold=1e-7, patience=3, min_delta=0.001)
trainer = pl.Trainer(
    max_epochs=8, accelerator="cpu", logger=False, callbacks=[saver, stopper], enable_progress_bar=False
)
trainer.fit(model, DataLoader(data, batch_size=16), DataLoader(data, batch_size=16))
answer = {
    "rates": model.rates,
    "kept": sorted(saver.best_k_models),
    "worst": saver.kth_best_model_path,
    "stopped": [stopper.stopped_epoch, stopper.wait_count, stopper.best_score],
    "epochs": trainer.current_epoch,
}
