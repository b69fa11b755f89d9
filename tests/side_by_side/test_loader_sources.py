"""Where the loaders of a call come from, as code asks it of the loops: the call, the module or the data module."""

import lightning.pytorch as pl
import pytest
import torch
from torch.utils.data import DataLoader

import groundwire_lightning as L

QUIET = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False, "enable_checkpointing": False}


def loader(self=None):
    return DataLoader(torch.ones(4, 1))


def module_of(package, seen, **methods):
    class Lit(package.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch, batch_idx):
            return self.layer(batch).square().mean()

        def validation_step(self, batch, batch_idx):
            pass

        def configure_optimizers(self):
            fit = self.trainer.fit_loop
            for source in (fit._data_source, fit.epoch_loop.val_loop._data_source):
                seen.append((source.is_defined(), source.is_module()))
            return torch.optim.SGD(self.parameters(), lr=0.1)

    return type("Mine", (Lit,), methods)()


def sources(package, brought, named):
    """What a fit says of its training and validation loaders."""
    seen, methods = [], dict.fromkeys(named, loader)
    trainer = package.Trainer(max_epochs=1, accelerator="cpu", **QUIET)
    if brought == "call":
        trainer.fit(module_of(package, seen), *(loader() for _ in named))
    elif brought == "module":
        trainer.fit(module_of(package, seen, **methods))
    else:
        trainer.fit(module_of(package, seen), datamodule=type("Data", (package.LightningDataModule,), methods)())
    return seen


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("brought", ["call", "module", "data module"])
@pytest.mark.parametrize("named", [["train_dataloader"], ["train_dataloader", "val_dataloader"]])
def test_a_source_says_what_lightnings_says(brought, named):
    assert sources(L, brought, named) == sources(pl, brought, named)
