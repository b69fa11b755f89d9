"""A class with the old and the new hook of a moment has both called: the old one first."""

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
        self.log("old", 1.0)

    def on_train_epoch_end(self):
        self.log("new", 2.0)

    def validation_step(self, batch, batch_idx):
        return batch_idx

    def on_validation_epoch_end(self):
        self.log("val_new", 3.0)

    def validation_epoch_end(self, outputs):
        outputs.append("more")
        outputs.clear()
        self.log("val_old", 4.0)

    def on_validation_end(self):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Beside(pl.Callback):
    def on_train_epoch_end(self, trainer, pl_module):
        pass

    def on_validation_epoch_end(self, trainer, pl_module):
        pass

    def on_validation_end(self, trainer, pl_module):
        answer.append(sorted(trainer.callback_metrics))


answer = []
data = TensorDataset(torch.arange(40.0).reshape(10, 4) / 40)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    callbacks=[Beside()],
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
