"""Runs that write to a store instead of a disk: same files, same names, same weights as Lightning."""

import importlib

import fsspec
import lightning
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning

ROOT = "memory://bucket/run"


@pytest.fixture
def memory():
    yield empty(fsspec.filesystem("memory"))
    empty(fsspec.filesystem("memory"))


def empty(files):
    """A store without a file or a folder."""
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    return files


def ran(framework, memory, logger):
    """The paths and files of a run and of one that goes on from it, and the weights at the end."""
    empty(memory)
    name = "lightning.pytorch" if framework is lightning else "groundwire_lightning"
    callbacks = importlib.import_module(f"{name}.callbacks")

    class Module(framework.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch, batch_idx):
            loss = self.layer(batch[0]).pow(2).mean()
            self.log("loss", loss)
            return loss

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.001)

    def fit(epochs, ckpt_path=None):
        keep = callbacks.ModelCheckpoint(monitor="loss", save_last=True, save_top_k=2)
        quiet = {"enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
        trainer = framework.Trainer(
            default_root_dir=ROOT, max_epochs=epochs, logger=logger, callbacks=[keep], log_every_n_steps=1, **quiet
        )
        module = Module()
        trainer.fit(module, DataLoader(TensorDataset(torch.arange(8.0).view(4, 2)), batch_size=2), ckpt_path=ckpt_path)
        paths = (
            trainer.default_root_dir,
            trainer.log_dir,
            keep.dirpath,
            keep.best_model_path,
            sorted(keep.best_k_models),
        )
        return keep.last_model_path, paths, module.layer.weight.tolist(), trainer.global_step

    torch.manual_seed(0)
    last, *first = fit(3)
    second = fit(5, ckpt_path=last)
    files = [path.partition("events.out")[0] for path in memory.find("/")]
    return first, second, sorted(set(files))


@pytest.mark.parametrize("logger", [False, True])
def test_a_run_writes_to_a_store_and_goes_on_from_it_as_lightning_does(memory, tmp_path, monkeypatch, logger):
    monkeypatch.chdir(tmp_path)
    theirs, ours = (ran(framework, memory, logger) for framework in (lightning, groundwire_lightning))
    assert theirs == ours
    assert list(tmp_path.iterdir()) == []


def test_the_best_checkpoint_in_a_store_is_tested(memory, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, second, _ = ran(groundwire_lightning, memory, False)
    state = torch.load(memory.open(second[1][3]), weights_only=True)
    assert state["global_step"] == second[3]
