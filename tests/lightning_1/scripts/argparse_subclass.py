"""A Trainer with a constructor of its own, whose own arguments alone are options."""

from argparse import ArgumentParser

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

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Mine(pl.Trainer):
    def __init__(self, steps: int = 1, own: bool = False, name: str = "", other: list = (), **kwargs):
        super().__init__(
            max_steps=steps,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        self.own = own


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
parser = Mine.add_argparse_args(ArgumentParser())
args = parser.parse_args(["--steps", "2", "--own", "--name", "a"])
trainer = Mine.from_argparse_args(args)
model = Model()
trainer.fit(model, DataLoader(data, batch_size=4))
answer = vars(args)
