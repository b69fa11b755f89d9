"""A first project: data module, metrics, callbacks, two loggers, and a test of the best weights at the end."""

import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split
from torchmetrics.classification import MulticlassAccuracy


class DigitsDataModule(L.LightningDataModule):
    def __init__(self, batch_size: int = 32):
        super().__init__()
        self.save_hyperparameters()

    def prepare_data(self):
        load_digits()

    def setup(self, stage: str):
        digits = load_digits()
        images = torch.tensor(digits.data[:400], dtype=torch.float32) / 16
        everything = TensorDataset(images, torch.tensor(digits.target[:400]))
        split = random_split(everything, [240, 80, 80], generator=torch.Generator().manual_seed(42))
        self.digits_train, self.digits_val, self.digits_test = split

    def train_dataloader(self):
        return DataLoader(self.digits_train, batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.digits_val, batch_size=self.hparams.batch_size)

    def test_dataloader(self):
        return DataLoader(self.digits_test, batch_size=self.hparams.batch_size)


class LitClassifier(L.LightningModule):
    def __init__(self, hidden_dim: int = 24, learning_rate: float = 1e-2, dropout: float = 0.1):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(64, hidden_dim), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden_dim, 10))
        self.train_acc = MulticlassAccuracy(num_classes=10)
        self.val_acc = MulticlassAccuracy(num_classes=10)
        self.test_acc = MulticlassAccuracy(num_classes=10)

    def forward(self, x):
        return self.net(x)

    def _shared_step(self, batch):
        x, y = batch
        logits = self(x)
        return F.cross_entropy(logits, y), logits.argmax(dim=1), y

    def training_step(self, batch, batch_idx):
        loss, preds, y = self._shared_step(batch)
        self.train_acc(preds, y)
        self.log("train_loss", loss, on_step=True, on_epoch=True, prog_bar=True)
        self.log("train_acc", self.train_acc, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        loss, preds, y = self._shared_step(batch)
        self.val_acc(preds, y)
        self.log("val_loss", loss, prog_bar=True)
        self.log("val_acc", self.val_acc, prog_bar=True)

    def test_step(self, batch, batch_idx):
        loss, preds, y = self._shared_step(batch)
        self.test_acc(preds, y)
        self.log_dict({"test_loss": loss, "test_acc": self.test_acc})

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=self.hparams.learning_rate)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
        return {"optimizer": optimizer, "lr_scheduler": scheduler}


L.seed_everything(42, workers=True)
data = DigitsDataModule()
model = LitClassifier()
checkpoint = ModelCheckpoint(
    monitor="val_acc", mode="max", save_top_k=2, filename="{epoch:02d}-{val_acc:.2f}", save_last=True
)
trainer = L.Trainer(
    max_epochs=3,
    accelerator="cpu",
    deterministic=True,
    log_every_n_steps=5,
    callbacks=[EarlyStopping("val_loss", patience=2), checkpoint, LearningRateMonitor()],
    logger=[TensorBoardLogger("tb_logs", name="digits"), CSVLogger("csv_logs", name="digits")],
    enable_progress_bar=False,
)
trainer.fit(model, datamodule=data)
answer = {
    "test": trainer.test(model, datamodule=data, ckpt_path="best", verbose=False),
    "best": checkpoint.best_model_path,
    "score": checkpoint.best_model_score,
    "all": checkpoint.best_k_models,
    "loaded": LitClassifier.load_from_checkpoint(checkpoint.best_model_path).state_dict(),
}
