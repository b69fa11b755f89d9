"""A data module whose arguments are options of the command line."""

from argparse import ArgumentParser
from typing import Optional, Union

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


class Data(pl.LightningDataModule):
    def __init__(
        self,
        batch_size: int = 2,
        share: float = 1.0,
        shuffle: bool = False,
        name: Optional[str] = None,  # noqa: UP045
        size: Union[int, float] = 3,  # noqa: UP007
        untyped=None,
    ):
        super().__init__()
        self.batch_size, self.share, self.shuffle, self.name = batch_size, share, shuffle, name

    def train_dataloader(self):
        return DataLoader(data, batch_size=self.batch_size, shuffle=self.shuffle)


torch.manual_seed(1)
data = TensorDataset(torch.randn(12, 4))
parser = Data.add_argparse_args(pl.Trainer.add_argparse_args(ArgumentParser()))
args = parser.parse_args(["--batch_size", "3", "--shuffle", "--share", "0.5", "--max_epochs", "1", "--logger", "no"])
data_module = Data.from_argparse_args(args, name="given")
trainer = pl.Trainer.from_argparse_args(
    args, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False
)
model = Model()
trainer.fit(model, datamodule=data_module)
answer = [
    [name for name, _, _ in Data.get_init_arguments_and_types()],
    {name: value for name, value in vars(args).items() if name in ("batch_size", "shuffle", "share", "name", "size")},
    [data_module.batch_size, data_module.share, data_module.shuffle, data_module.name],
]
