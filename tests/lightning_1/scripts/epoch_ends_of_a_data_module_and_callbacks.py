"""Modules with epoch ends take data modules and callbacks with state as before."""

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
        return self.layer(batch[0]).mean()

    def validation_epoch_end(self, outputs):
        self.log("val_loss", torch.stack(outputs).mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        self.data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)

    def train_dataloader(self):
        return DataLoader(self.data, batch_size=4)

    def val_dataloader(self):
        return [DataLoader(self.data, batch_size=4)]

    def state_dict(self):
        return {"seen": 3}

    def load_state_dict(self, state_dict):
        pass


class Counting(pl.Callback):
    seen = 0

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, unused=0):
        self.seen += 1

    def state_dict(self):
        return {"seen": self.seen}

    def load_state_dict(self, state_dict):
        self.seen = state_dict["seen"]


options = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False, "default_root_dir": "."}
model = Model()
trainer = pl.Trainer(max_epochs=1, callbacks=[Counting()], **options)
trainer.fit(model, datamodule=Data())
trainer.save_checkpoint("whole.ckpt")
model, counting = Model(), Counting()
trainer = pl.Trainer(max_epochs=2, callbacks=[counting], **options)
trainer.fit(model, datamodule=Data(), ckpt_path="whole.ckpt")
answer = counting.seen
