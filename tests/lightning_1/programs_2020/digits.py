"""Digits in the manner of 2020: run it with --gpus 2 --max_epochs 20, or on a laptop with nothing at all."""

import os
from argparse import ArgumentParser

import pytorch_lightning as pl
import torch
from pytorch_lightning import Trainer, seed_everything
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.metrics.functional import accuracy
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split


class LitDigits(pl.LightningModule):
    def __init__(self, hparams):
        super().__init__()
        self.hparams = hparams
        self.layers = nn.Sequential(
            nn.Linear(16, self.hparams.hidden_dim), nn.ReLU(), nn.Dropout(0.1), nn.Linear(self.hparams.hidden_dim, 4)
        )
        self.train_acc = pl.metrics.Accuracy()
        self.val_acc = pl.metrics.Accuracy(compute_on_step=False)

    def forward(self, x):
        return self.layers(x.view(x.size(0), -1))

    def prepare_data(self):
        if not os.path.exists(self.hparams.data):
            torch.manual_seed(1)
            x = torch.randn(120, 4, 4)
            torch.save((x, x.view(120, -1)[:, :4].argmax(dim=1)), self.hparams.data)

    def setup(self, stage):
        dataset = TensorDataset(*torch.load(self.hparams.data))
        self.train_set, self.val_set, self.noisy_set = random_split(dataset, [72, 24, 24])

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return [DataLoader(one, batch_size=self.hparams.batch_size) for one in (self.val_set, self.noisy_set)]

    def test_dataloader(self):
        return DataLoader(self.val_set, batch_size=self.hparams.batch_size)

    def training_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        loss = F.cross_entropy(logits, y)
        acc = self.train_acc(torch.softmax(logits, dim=1), y)
        logs = {"train_loss": loss, "train_acc": acc}
        return {"loss": loss, "progress_bar": {"acc": acc}, "log": logs}

    def training_epoch_end(self, outputs):
        avg_loss = torch.stack([x["loss"] for x in outputs]).mean()
        self.logger.experiment.add_scalar("Loss/Train", avg_loss, self.current_epoch)
        logs = {"avg_train_loss": avg_loss, "epoch_acc": self.train_acc.compute()}
        self.train_acc.reset()
        return {"log": logs}

    def validation_step(self, batch, batch_idx, dataset_idx):
        x, y = batch
        if dataset_idx == 1:
            x = x + 0.5 * torch.ones_like(x)
        logits = self(x)
        self.val_acc.update(torch.softmax(logits, dim=1), y)
        return {"val_loss": F.cross_entropy(logits, y), "correct": accuracy(logits.argmax(dim=1), y)}

    def validation_epoch_end(self, outputs):
        losses = [torch.stack([x["val_loss"] for x in of_a_loader]).mean() for of_a_loader in outputs]
        tensorboard_logs = {"val_loss": losses[0], "noisy_loss": losses[1], "val_acc": self.val_acc.compute()}
        self.val_acc.reset()
        return {"val_loss": losses[0], "log": tensorboard_logs, "progress_bar": tensorboard_logs}

    def test_step(self, batch, batch_idx):
        x, y = batch
        return {"test_acc": accuracy(self(x).argmax(dim=1), y)}

    def test_epoch_end(self, outputs):
        avg_acc = torch.stack([x["test_acc"] for x in outputs]).mean()
        return {"test_acc": avg_acc, "log": {"avg_test_acc": avg_acc}}

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=self.hparams.learning_rate)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
        return [optimizer], [{"scheduler": scheduler, "monitor": "val_loss"}]

    @staticmethod
    def add_model_specific_args(parent_parser):
        parser = ArgumentParser(parents=[parent_parser], add_help=False)
        parser.add_argument("--data", default="digits.pt")
        parser.add_argument("--batch_size", type=int, default=12)
        parser.add_argument("--hidden_dim", type=int, default=16)
        parser.add_argument("--learning_rate", type=float, default=0.05)
        return parser


def main(args):
    seed_everything(42)
    model = LitDigits(args)
    logger = TensorBoardLogger("logs", name="digits")
    checkpoint_callback = ModelCheckpoint(
        filepath=os.path.join("checkpoints", "{epoch}-{val_loss:.2f}"), monitor="val_loss", save_top_k=2, mode="min"
    )
    early_stopping = EarlyStopping("val_loss", patience=2, mode="min")
    trainer = Trainer.from_argparse_args(
        args,
        logger=logger,
        checkpoint_callback=checkpoint_callback,
        callbacks=[early_stopping],
        progress_bar_refresh_rate=0,
        weights_summary=None,
        num_sanity_val_steps=0,
    )
    trainer.fit(model)
    trainer.test(ckpt_path="best")
    trainer.logger.experiment.add_scalar("best", checkpoint_callback.best_model_score, 0)
    return trainer, model


if __name__ == "__main__":
    parser = ArgumentParser(add_help=False)
    parser = Trainer.add_argparse_args(parser)
    parser = LitDigits.add_model_specific_args(parser)
    parser.set_defaults(gpus=None, max_epochs=6)
    trainer, model = main(parser.parse_args())
