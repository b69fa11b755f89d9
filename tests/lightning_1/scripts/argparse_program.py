"""A program whose command line has every argument of the Trainer, and some of its own."""

from argparse import ArgumentParser

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self, args):
        super().__init__()
        self.save_hyperparameters(args)
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    @staticmethod
    def add_model_specific_args(parent_parser):
        parser = parent_parser.add_argument_group("Model")
        parser.add_argument("--lr", type=float, default=0.1)
        return parent_parser

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
parser = ArgumentParser()
parser.add_argument("--batch_size", type=int, default=4)
parser = Model.add_model_specific_args(parser)
parser = pl.Trainer.add_argparse_args(parser)
line = "--max_epochs 2 --gpus 0 --log_every_n_steps 1 --limit_train_batches 2 --lr 0.05 --gradient_clip_val 0.5"
args = parser.parse_args([*line.split(), "--enable_progress_bar", "false", "--enable_model_summary", "no"])
model = Model(args)
trainer = pl.Trainer.from_argparse_args(args, num_sanity_val_steps=0)
trainer.fit(model, DataLoader(data, batch_size=args.batch_size))
answer = vars(args)
