"""torchmetrics collections, cloned for each phase, logged as objects and computed by hand."""

import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import MeanMetric, MetricCollection
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MulticlassPrecision,
)


class Classifier(L.LightningModule):
    def __init__(self, num_classes: int = 3):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 10), nn.Tanh(), nn.Linear(10, num_classes))
        metrics = MetricCollection(
            {
                "acc": MulticlassAccuracy(num_classes, average="micro"),
                "f1": MulticlassF1Score(num_classes),
                "precision": MulticlassPrecision(num_classes),
            }
        )
        self.train_metrics = metrics.clone(prefix="train_")
        self.val_metrics = metrics.clone(prefix="val_")
        self.test_metrics = metrics.clone(prefix="test/")
        self.confusion = MulticlassConfusionMatrix(num_classes)
        self.val_loss = MeanMetric()
        self.matrices = []

    def step(self, batch):
        x, y = batch
        logits = self.net(x)
        return nn.functional.cross_entropy(logits, y), logits, y

    def training_step(self, batch, batch_idx):
        loss, logits, y = self.step(batch)
        self.log_dict(self.train_metrics(logits, y), on_step=True, on_epoch=False)
        return loss

    def on_train_epoch_end(self):
        self.log_dict({f"{name}_epoch": value for name, value in self.train_metrics.compute().items()})
        self.train_metrics.reset()

    def validation_step(self, batch, batch_idx):
        loss, logits, y = self.step(batch)
        self.val_metrics.update(logits, y)
        self.confusion.update(logits, y)
        self.val_loss.update(loss, len(y))
        self.log_dict(self.val_metrics)
        self.log("val_loss", self.val_loss)

    def on_validation_epoch_end(self):
        self.matrices.append(self.confusion.compute())
        self.confusion.reset()

    def test_step(self, batch, batch_idx):
        _, logits, y = self.step(batch)
        self.log_dict(self.test_metrics(logits, y))

    def configure_optimizers(self):
        return torch.optim.RMSprop(self.parameters(), lr=1e-2)


L.seed_everything(9)
x = torch.randn(70, 5)
data = TensorDataset(x, x[:, :3].argmax(1))
model = Classifier()
trainer = L.Trainer(
    max_epochs=2, accelerator="cpu", logger=CSVLogger("out", name=None), log_every_n_steps=1, enable_progress_bar=False
)
trainer.fit(model, DataLoader(data, batch_size=16, shuffle=True), DataLoader(data, batch_size=16))
answer = {"test": trainer.test(model, DataLoader(data, batch_size=32), verbose=False), "matrices": model.matrices}
