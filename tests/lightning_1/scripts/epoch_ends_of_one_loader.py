"""Each epoch end is given the outputs of its batches, losses detached."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def loss(self, batch):
        return self.layer(batch[0]).pow(2).mean()

    def training_step(self, batch, batch_idx):
        loss = self.loss(batch)
        self.log("train_loss", loss)
        return {"loss": loss, "sizes": [len(batch[0])], "preds": self.layer(batch[0]), "name": "train"}

    def training_epoch_end(self, outputs):
        graphs.append([output["loss"].requires_grad for output in outputs])
        self.log("train_mean", torch.stack([output["loss"] for output in outputs]).mean())
        self.log("train_pred", torch.cat([output["preds"] for output in outputs]).mean())

    def validation_step(self, batch, batch_idx):
        loss = self.loss(batch)
        self.log("val_step", loss)
        return {"val_loss": loss, "count": batch_idx}

    def validation_epoch_end(self, outputs):
        self.log("val_loss", torch.stack([output["val_loss"] for output in outputs]).mean(), prog_bar=True)

    def test_step(self, batch, batch_idx):
        return self.loss(batch)

    def test_epoch_end(self, outputs):
        self.log("test_loss", torch.stack(outputs).mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def loader(**options):
    return DataLoader(TensorDataset(torch.arange(40.0).reshape(10, 4) / 40), batch_size=4, **options)


graphs = []
model = Model()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1)
trainer.fit(model, loader(shuffle=True), loader())
answer = [graphs, trainer.validate(model, loader(), verbose=False), trainer.test(model, loader(), verbose=False)]
