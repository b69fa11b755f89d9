"""Values logged by two processes: those of Lightning, and an error instead of a hang where names differ."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from groundwire.measured.reduce import BLOCK, DisagreementError, reduce_together

REDUCE = ("mean", "sum", "min", "max")


def module_of(framework):
    class Net(framework.LightningModule):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.net = torch.nn.Linear(3, 1)

        def step(self, batch, batch_idx):
            loss = torch.nn.functional.mse_loss(self.net(batch[0]), batch[1])
            own = self.global_rank + 1.0
            for reduce in REDUCE:
                self.log(reduce, loss * own, on_step=True, on_epoch=True, reduce_fx=reduce, sync_dist=True)
            self.log("weighed", batch_idx * own, on_epoch=True, batch_size=2 * self.global_rank + 2, sync_dist=True)
            self.log(
                "odd", batch_idx * own, on_step=False, on_epoch=True, batch_size=self.global_rank + 3, sync_dist=True
            )
            self.log("alone", own * batch_idx, on_step=True, on_epoch=True)
            self.log("first", own, on_epoch=True, sync_dist=True, rank_zero_only=True)
            return loss

        training_step = validation_step = step

        def on_train_epoch_end(self):
            self.log("at_end", self.global_rank + 0.5, sync_dist=True)
            self.log("largest", self.global_rank + 0.5, sync_dist=True, reduce_fx="max")

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    return Net()


def data():
    inputs = torch.arange(48.0).reshape(16, 3) / 48
    return TensorDataset(inputs, inputs.sum(1, keepdim=True))


def of_rank(framework, rank):
    """A loader of half of the data."""
    own = torch.utils.data.Subset(data(), range(rank, 16, 2))
    return DataLoader(own, batch_size=3)


def run(name):
    framework = __import__(name)
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = framework.Trainer(
        accelerator="cpu", devices=2, strategy="ddp", max_epochs=2, use_distributed_sampler=False, **quiet
    )
    module, rank = module_of(framework), int(os.environ["RANK"])
    trainer.fit(module, of_rank(framework, rank), of_rank(framework, rank))
    found = {
        kind: {key: value if isinstance(value, float) else value.item() for key, value in metrics.items()}
        for kind, metrics in (("callback", trainer.callback_metrics), ("logged", trainer.logged_metrics))
    }
    return found | {"validated": trainer.validate(module, of_rank(framework, rank), verbose=False)}


def disagree():
    """What each process is told where names differ, and how many values may travel."""
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    many = {f"n{index}": ("sum", torch.tensor(float(index))) for index in range(2 * BLOCK)}
    assert reduce_together(many) == {name: value * 2 for name, (_, value) in many.items()}
    assert reduce_together({}) == {}
    try:
        reduce_together({"both": ("mean", torch.ones(())), f"only_{rank}": ("mean", torch.ones(()))})
    except DisagreementError as error:
        told = str(error)
    again = reduce_together({"both": ("mean", torch.tensor(float(rank)))})
    return {"told": told, "again": again["both"].item()}


def main(what, folder):
    found = disagree() if what == "disagree" else run(what)
    Path(folder, f"{os.environ['RANK']}.json").write_text(json.dumps(found))
    torch.distributed.destroy_process_group()


def both(what, folder):
    """What two processes come to."""
    folder.mkdir()
    program = folder / "program.py"
    program.write_text(
        f"from tests.groundwire_lightning.logged.test_across_processes import main; main({what!r}, {str(folder)!r})"
    )
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", str(program)]
    settings = {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([".", *sys.path])}
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        launch, env={**os.environ, **settings}, cwd=root, capture_output=True, text=True, check=False, timeout=200
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.slow
def test_two_processes_log_what_they_log_under_lightning(tmp_path):
    theirs, ours = (both(name, tmp_path / name) for name in ("lightning", "groundwire_lightning"))
    # on purpose: Lightning takes the mean of the weights, 9 and 12, as a whole number, 10
    for metrics in [
        found for rank in (*theirs, *ours) for found in (rank["callback"], rank["logged"], *rank["validated"])
    ]:
        metrics["odd"] = round(metrics["odd"], 4)
    assert {rank["callback"].pop("odd") for rank in theirs} == {round(33 / 20, 4)}
    assert {rank["callback"].pop("odd") for rank in ours} == {round(33 / 21, 4)}
    for rank in (*theirs, *ours):
        del rank["logged"]["odd"], rank["validated"][0]["odd"]
    assert ours == theirs
    assert ours[0]["callback"]["mean"] == ours[1]["callback"]["mean"]
    assert ours[0]["callback"]["alone"] != ours[1]["callback"]["alone"]


@pytest.mark.slow
def test_names_that_differ_are_an_error_that_says_them_and_no_hang(tmp_path):
    first, second = both("disagree", tmp_path / "disagree")
    assert first == second
    assert first["told"].endswith("process 0 lacks ['only_1']; process 1 lacks ['only_0']")
    assert first["again"] == 0.5
