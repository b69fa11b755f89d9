"""Hooks around a batch may insist on `dataloader_idx`, also where there is one loader."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).pow(2).mean()

    def validation_step(self, batch, batch_idx):
        return batch_idx

    def on_validation_batch_start(self, batch, batch_idx, dataloader_idx):
        pass

    def on_validation_batch_end(self, outputs, batch, batch_idx, dataloader_idx):
        self.log("seen", 1.0, reduce_fx="sum")

    def predict_step(self, batch, batch_idx):
        return batch_idx

    def on_predict_batch_end(self, outputs, batch, batch_idx, dataloader_idx):
        pass

    def on_predict_epoch_end(self, results):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Beside(pl.Callback):
    def on_validation_batch_start(self, trainer, pl_module, batch, batch_idx, dataloader_idx):
        pass

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx):
        pass

    def on_predict_batch_start(self, trainer, pl_module, batch, batch_idx, dataloader_idx):
        pass

    def on_predict_epoch_end(self, trainer, pl_module, outputs):
        pass


data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=1,
    callbacks=[Beside()],
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = trainer.predict(model, DataLoader(data, batch_size=4))
