"""Processes that a Trainer starts: the same program in each, one result, and one end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import groundwire
import groundwire_lightning as L
from groundwire_lightning.errors import NotSupportedYetError
from groundwire_lightning.strategies import starting

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json, os, sys, time
import torch
from torch.utils.data import DataLoader, TensorDataset
import groundwire_lightning as L

class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
    def training_step(self, batch, batch_idx):
        what = sys.argv[1]
        if self.trainer.global_rank == 1 and batch_idx == 1 and what == "raise":
            raise RuntimeError("the second process has had enough")
        if self.trainer.global_rank == 1 and batch_idx == 1 and what == "vanish":
            os._exit(7)
        if what == "wait":
            open(f"rank{self.trainer.global_rank}-{os.getpid()}", "w").close()
            time.sleep(60)
        return self.layer(batch[0]).pow(2).mean()
    def test_step(self, batch, batch_idx):
        self.log("mean", self.layer(batch[0]).mean(), sync_dist=True)
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.001)

quiet = dict(logger=False, enable_progress_bar=False, enable_model_summary=False, accelerator="cpu")
data = DataLoader(TensorDataset(torch.arange(32.0).view(16, 2)), batch_size=2)
torch.manual_seed(0)
alone = L.Trainer(devices=1, max_epochs=1, enable_checkpointing=False, **quiet)
alone.test(Module(), data, verbose=False)
trainer = L.Trainer(devices=2, max_epochs=2, default_root_dir="run", **quiet)
before = trainer.world_size
module = Module()
trainer.fit(module, data)
results = trainer.test(module, data, verbose=False)
again = alone.test(module, data, verbose=False)
results += trainer.test(module, data, verbose=False)
native = __import__("groundwire").Trainer(torch.nn.Linear(1, 1), torch.nn.MSELoss(), None)
told = {
    "before": before, "world": trainer.world_size, "alone": alone.world_size, "rank": trainer.global_rank,
    "weights": module.layer.weight.tolist(), "results": results, "again": again, "steps": trainer.global_step,
    "native": native._accelerator.num_processes, "strategy": type(trainer.strategy).__name__,
}
open(f"told{trainer.global_rank}.json", "w").write(json.dumps(told))
"""


def started(folder, *words):
    """A program that asks for two processes, under way."""
    (folder / "program.py").write_text(PROGRAM)
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "adapters")])
    around = {name: value for name, value in os.environ.items() if name not in ("MASTER_PORT", "MASTER_ADDR")}
    return subprocess.Popen(
        [sys.executable, "program.py", *words],
        cwd=folder,
        env={**around, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process, seconds):
    """How a program ended, and what it said of errors."""
    _, errors = process.communicate(timeout=seconds)
    return process.returncode, errors


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]


def test_a_program_that_asks_for_two_processes_runs_in_two(tmp_path):
    code, errors = ended(started(tmp_path, "train"), 120)
    assert code == 0, errors
    first, second = (json.loads((tmp_path / f"told{rank}.json").read_text()) for rank in range(2))
    assert (first["before"], first["world"], first["alone"], first["native"]) == (2, 2, 1, 1)
    assert (first["rank"], second["rank"], first["strategy"]) == (0, 1, "DDPStrategy")
    assert first["weights"] == second["weights"]
    assert first["results"] == second["results"]
    assert first["again"] == second["again"]
    assert first["steps"] == 8
    assert len(list((tmp_path / "run").rglob("*.ckpt"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("what", "status"), [("raise", 1), ("vanish", 7)])
def test_the_end_of_one_process_ends_the_other(tmp_path, what, status):
    code, errors = ended(started(tmp_path, what), 60)
    assert code in (1, status)
    assert what != "raise" or "the second process has had enough" in errors
    assert code == 1 or "process 1 of 2 ended with exit status 7" in errors


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_is_left_behind(tmp_path, number):
    process = started(tmp_path, "wait")
    until = time.monotonic() + 60
    while len(list(tmp_path.glob("rank*"))) < 2 and time.monotonic() < until:
        time.sleep(0.2)
    pids = [int(path.name.partition("-")[2]) for path in tmp_path.glob("rank*")]
    assert len(pids) == 2
    process.send_signal(number)
    process.send_signal(number)
    if number == signal.SIGTERM:  # the step that sleeps ends before it is heeded
        process.kill()
    process.communicate(timeout=30)
    until = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.2)
    assert not any(map(is_alive, pids))


@pytest.mark.parametrize(
    ("argv", "module", "expected"),
    [
        (["pyproject.toml", "--a", "1"], None, [str(ROOT / "pyproject.toml"), "--a", "1"]),
        (["anything", "--a"], "package.__main__", ["-m", "package", "--a"]),
        (["anything"], "package.train", ["-m", "package.train"]),
    ],
)
def test_the_program_is_run_as_it_was_started(monkeypatch, argv, module, expected):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", argv)
    spec = None if module is None else SimpleNamespace(name=module)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec, raising=False)
    command = starting.command_of_program()
    assert command[0] == sys.executable
    assert command[-len(expected) :] == expected


def test_without_a_program_there_is_nothing_to_run_in_the_others(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["nothing-of-this-name"])
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)
    with pytest.raises(NotSupportedYetError, match="save it as a file"):
        starting.command_of_program()


def test_only_who_asks_for_several_joins_them(monkeypatch):
    monkeypatch.setenv("GROUNDWIRE_STARTED", "1/2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    model = torch.nn.Linear(1, 1)
    assert groundwire.Trainer(model, torch.nn.MSELoss(), None)._accelerator.num_processes == 1
    assert L.Trainer(devices=1, accelerator="cpu", logger=False).world_size == 1
    with pytest.raises(ValueError, match="started 2 processes"):
        L.Trainer(devices=3, accelerator="cpu")
    assert starting.own_place() == (1, 2)


def test_a_trainer_that_is_only_made_starts_nothing():
    trainer = L.Trainer(devices=2, accelerator="cpu", strategy="ddp", logger=False)
    assert (trainer.world_size, trainer.num_devices, trainer.global_rank) == (2, 2, 0)
    assert not starting.is_started()
