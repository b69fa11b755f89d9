"""A test without a model takes the best checkpoint of the run before."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", (self.layer(batch[0]).mean() - 0.05).abs())

    def test_step(self, batch, batch_idx):
        self.log("test_loss", self.layer(batch[0]).pow(2).mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.5)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
model = Model()
trainer = pl.Trainer(
    max_epochs=4,
    callbacks=[pl.callbacks.ModelCheckpoint(monitor="val_loss", dirpath="best")],
    logger=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(model, DataLoader(data, batch_size=4), DataLoader(data, batch_size=4))
answer = [trainer.test(dataloaders=DataLoader(data, batch_size=4), verbose=False)]
answer.append(trainer.test(model, DataLoader(data, batch_size=4), ckpt_path="best", verbose=False))
answer.append(trainer.validate(dataloaders=DataLoader(data, batch_size=4), verbose=False))
answer.append(trainer.ckpt_path)
