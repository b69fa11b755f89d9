"""All that asks about Lightning is answered, whether it is installed or not, in the process and in its children."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

import pytest
from tests.groundwire_tools.run.launched import ABSENT, launched

import groundwire_lightning as L
from groundwire_tools.check import known
from groundwire_tools.run import answers
from groundwire_tools.run.answers import VARIABLE, VERSION, Ahead, install, is_of_the_program, requested

REAL = """
def real():
    import sys
    roots = "lightning", "pytorch_lightning", "lightning_fabric"
    return [name for name in sys.modules if name.partition(".")[0] in roots
            and not (getattr(sys.modules[name], "__name__", "") or "").startswith("groundwire")
            and "groundwire_lightning" not in (getattr(sys.modules[name], "__file__", None) or "")]
"""
PROJECT = {
    "real.py": REAL,
    "project/__init__.py": "",
    "project/data.py": """
import pytorch_lightning as pl, torch
from torch.utils.data import DataLoader, Dataset
from real import real

class Rows(Dataset):
    def __len__(self): return 4
    def __getitem__(self, index):
        assert pl.__version__ == "2.5.1" and not real(), real()
        return torch.full((3,), float(index))

class Data(pl.LightningDataModule):
    def __init__(self, workers): super().__init__(); self.workers = workers
    def train_dataloader(self):
        spawned = {"num_workers": 1, "multiprocessing_context": "spawn"} if self.workers else {}
        return DataLoader(Rows(), batch_size=2, **spawned)
    def val_dataloader(self): return DataLoader(Rows(), batch_size=2)
""",
    "project/model.py": """
import lightning as L, torch
from lightning.pytorch.utilities.types import STEP_OUTPUT

class Lit(L.LightningModule):
    def __init__(self, width: int = 3, lr: float = 0.1):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(width, 1)
    def training_step(self, batch, batch_idx) -> STEP_OUTPUT:
        loss = self.layer(batch).square().mean()
        self.log("train_loss", loss, prog_bar=True)
        return loss
    def validation_step(self, batch, batch_idx): self.log("val_loss", self.layer(batch).square().mean())
    def on_trian_end(self): pass
    def configure_optimizers(self): return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)
""",
    "train.py": """
import argparse, importlib.metadata as metadata, pickle, subprocess, sys
from importlib.util import find_spec

assert find_spec("lightning") and find_spec("pytorch_lightning") and "torch" not in sys.modules
assert {metadata.version(name) for name in ("lightning", "pytorch-lightning", "Lightning_Fabric")} == {"2.5.1"}
assert any(line.startswith("torch>=") for line in metadata.requires("lightning")), metadata.requires("lightning")
assert metadata.distribution("lightning").metadata["Name"] == "lightning"
assert "torch" not in sys.modules

import lightning as L
import pytorch_lightning as pl
from lightning.pytorch import *
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger
from lightning_utilities.core.imports import RequirementCache, compare_version
import operator
from project.data import Data
from project.model import Lit
from real import real

assert RequirementCache("lightning>=2.0") and not RequirementCache("pytorch-lightning<2")
assert compare_version("lightning", operator.eq, "2.5.1") and L.__version__ == pl.__version__ == "2.5.1"
assert Trainer is L.Trainer is pl.Trainer and find_spec("lightning.pytorch.serve") is None
assert pickle.loads(b"cpytorch_lightning.callbacks.callback\\nCallback\\n.") is pl.Callback

def main():
    options = argparse.ArgumentParser()
    options.add_argument("--workers", type=int, default=0)
    asked = options.parse_args()
    pl.seed_everything(1)
    best = ModelCheckpoint("saved", monitor="val_loss")
    trainer = pl.Trainer(max_epochs=1, accelerator="cpu", callbacks=[best, EarlyStopping("val_loss")],
                         logger=CSVLogger("logs"), enable_progress_bar=False, enable_model_summary=False)
    trainer.fit(Lit(), datamodule=Data(asked.workers))
    assert Lit.load_from_checkpoint(best.best_model_path).hparams.lr == 0.1
    child = "import importlib.metadata as m, sys; print(m.version('lightning'), 'torch' in sys.modules)"
    print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.strip())
    assert not real(), real()

if __name__ == "__main__":
    main()
""",
}


@pytest.mark.parametrize(("before", "workers"), [(ABSENT, "0"), ("", "1")])
def test_a_project_runs_as_it_is(before: str, workers: str, tmp_path: Path) -> None:
    words = ("--as", "2.5.1", "train.py", "--workers", workers)
    ran = launched(tmp_path, *words, files=PROJECT, before=before)
    assert ran.stdout.splitlines()[-1:] == ["2.5.1 False"], ran.stderr
    assert "fit ran 13 methods at 13 hooks, " in ran.stderr
    assert "2 callbacks, 1 logger; 1 (GW202) with another meaning; nothing lacking or refused" in ran.stderr
    assert ran.returncode == 0


# what a process asks, without torch

ITS_FILES = {"lightning/__init__.py": "", "lightning/__about__.py": ""}


@pytest.mark.parametrize(
    ("before", "files"),
    [
        ("import sys, types; sys.modules['lightning'] = types.ModuleType('lightning')", {}),
        ("import sys; sys.path.insert(0, '.'); import lightning", ITS_FILES),
    ],
)
def test_one_that_is_imported_already_is_a_reason_to_stop(before: str, files: dict[str, str], tmp_path: Path) -> None:
    ran = launched(tmp_path, "-c", "print('ran')", before=before, files=files)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "groundwire run: lightning is imported already, from" in ran.stderr


# each line is what the program prints under Lightning too
PATCHES = """
from unittest import mock
import lightning, lightning.pytorch as pl
import lightning.pytorch.trainer.trainer as home
from lightning.pytorch.demos.boring_classes import BoringModel
from lightning.pytorch.trainer.trainer import Trainer as T

quiet = dict(accelerator="cpu", max_steps=1, logger=False, enable_progress_bar=False, enable_model_summary=False)
print(pl.trainer.trainer.Trainer is T is home.Trainer is lightning.Trainer)
real = lightning.pytorch.Trainer.fit

def wrapper(self, *args, **kwargs):
    print("wrapped", type(self).__name__, self.max_steps)
    return real(self, *args, **kwargs)

lightning.pytorch.Trainer.fit = wrapper
with mock.patch("lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint._save_checkpoint") as save:
    pl.Trainer(**quiet).fit(BoringModel())
lightning.pytorch.Trainer.fit = real
print(save.called)
quiet["enable_checkpointing"] = False
with mock.patch("lightning.pytorch.Trainer.fit") as fit:
    pl.Trainer(**quiet).fit("nothing")
with mock.patch("lightning.pytorch.trainer.trainer.Trainer.fit", autospec=True) as spied:
    pl.Trainer(**quiet).fit("nothing")
print(fit.call_count, spied.call_args.args[1])

class Logs(BoringModel):
    def training_step(self, batch, index):
        self.log("a", 1.0)
        return super().training_step(batch, index)

with mock.patch.object(pl.LightningModule, "log", side_effect=lambda *names: print("logged", names[0])):
    pl.Trainer(**quiet).fit(Logs())

class Mine(T):
    def fit(self, *args, **kwargs):
        print("mine")
        return super().fit(*args, **kwargs)

pl.Trainer = Mine
from lightning.pytorch import Trainer
Trainer(**quiet).fit(BoringModel())
pl.LightningModule.on_train_start = lambda self: print("start of each module")
with mock.patch.object(pl.Callback, "on_train_end") as ended:
    T(callbacks=[pl.Callback()], **quiet).fit(BoringModel())
print(ended.call_count)
"""
PATCHED = """True
wrapped Trainer 1
True
1 nothing
logged a
mine
start of each module
1
"""


def test_what_a_program_puts_into_lightning_is_used(tmp_path: Path) -> None:
    ran = launched(tmp_path, "p.py", files={"p.py": PATCHES})
    assert ran.stdout == PATCHED, ran.stderr
    assert ran.stderr.splitlines()[-1].endswith("nothing with another meaning; nothing lacking or refused")


def test_a_folder_of_the_program_keeps_its_name(tmp_path: Path) -> None:
    files = {"lightning/__init__.py": "", "lightning/own.py": "print('own')", "p.py": "import lightning.own"}
    ran = launched(tmp_path, "p.py", files=files)
    assert (ran.returncode, ran.stdout) == (0, "own\n")


@pytest.mark.parametrize(("value", "version"), [("1", VERSION), ("1.9.5", "1.9.5"), ("0", None), ("", None)])
def test_the_variable_asks_for_a_version(value: str, version: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert requested() == version


def test_a_variable_that_is_no_version_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "yes")
    with pytest.raises(ValueError, match=r"GROUNDWIRE_AS_LIGHTNING='yes': 1, 0 or a version"):
        requested()
    with pytest.raises(ValueError, match="'new' is no version"):
        install("new")


def test_installing_again_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for root in known.paths().ROOTS:
        monkeypatch.delitem(sys.modules, root, raising=False)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setenv(VARIABLE, "0")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    install()
    install("2.1.0")
    assert [finder.version for finder in sys.meta_path if isinstance(finder, Ahead)] == ["2.1.0"]
    assert os.environ["PYTHONPATH"].split(os.pathsep) == [str(answers.CHILDREN), "elsewhere"]
    assert os.environ[VARIABLE] == importlib.metadata.version("lightning") == "2.1.0"


def test_one_that_was_asked_of_already_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for root in known.paths().ROOTS:
        monkeypatch.delitem(sys.modules, root, raising=False)
    told: list[str] = []
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setenv(VARIABLE, "0")
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(answers.distribution, "tell", lambda older, version: told.append(version))
    monkeypatch.setitem(sys.modules, "pkg_resources", ModuleType("pkg_resources"))
    install("2.1.0")
    assert told == ["2.1.0"]


def test_the_version_is_that_of_the_adapter() -> None:
    assert L.__version__ == VERSION


@pytest.mark.parametrize("name", ["lightning", "pytorch_lightning"])
def test_the_real_one_is_told_from_a_namesake(name: str, tmp_path: Path) -> None:
    there = PathFinder.find_spec(name)
    assert there is not None
    assert not is_of_the_program(there)
    assert is_of_the_program(ModuleSpec(name, None, origin=str(tmp_path / "lightning.py")))
    assert not is_of_the_program(ModuleSpec(name, None))  # a folder without __init__.py
