"""Two processes on one machine: what they add up to is what one process comes to with a batch twice as large."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from tests.groundwire.runs import IN_ORDER, data, network, trainer_for
from torch import nn
from torch.utils.data import TensorDataset

from groundwire import Trainer, TrainerCallback, TrainerPlaceholderValues


class Tokens(Trainer):
    """A loss that is the mean over the items of a batch; each row has a number of items."""

    def calculate_train_batch_loss(self, batch):
        inputs, counts = batch
        items = counts.sum()
        loss = (self.model(inputs).squeeze(1) * counts).sum() / items
        return {"loss": loss, "model_outputs": None, "batch_size": len(inputs), "num_items_in_batch": items}


class Counts(TrainerCallback):
    def __init__(self):
        self.updates = 0

    def on_train_update_end(self, trainer, **kwargs):
        self.updates += 1


def scheduled(steps, optimizer, total):
    steps.append(total)
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: steps.append(step) or 1.0)


def run(rows, size, batch_size, kind=Trainer, **asked):
    steps, counts = [], Counts()
    trainer = trainer_for(kind=kind, callbacks=[counts])
    trainer.train(
        rows,
        2,
        eval_dataset=None if kind is Tokens else data(7),
        per_device_batch_size=batch_size,
        gradient_accumulation_steps=size,
        train_dataloader_kwargs=IN_ORDER,
        create_scheduler_fn=partial(
            partial(scheduled, steps), total=TrainerPlaceholderValues.NUM_UPDATE_STEPS_PER_EPOCH
        ),
        **asked,
    )
    history = trainer.run_history.to_dict()
    return {
        "weights": [parameter.tolist() for parameter in trainer.model.parameters()],
        "promised": steps[0],
        "scheduled": max(steps[1:]),
        "updates": counts.updates,
        "losses": history["train_loss_epoch"],
        "eval": history.get("eval_loss_epoch"),
    }


def items():
    return TensorDataset(data(16).tensors[0], torch.tensor([1, 7, 2, 9, 3, 4, 1, 5] * 2))


RUNS = {
    "plain": (data(16), 1, Trainer, {}),
    "accumulated": (data(16), 3, Trainer, {}),
    "clipped": (data(16), 2, Trainer, {"gradient_clip_norm": 0.05}),
    "items": (items(), 1, Tokens, {}),
    "items accumulated": (items(), 3, Tokens, {"gradient_clip_norm": 0.05}),
}


def run_all(folder):
    """What each of the two processes does."""
    found = {name: run(rows, size, 2, kind, **asked) for name, (rows, size, kind, asked) in RUNS.items()}
    trainer = trainer_for(nn.Sequential(network()))
    Path(folder, f"{trainer._accelerator.process_index}.json").write_text(json.dumps(found))
    trainer._accelerator.end_training()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    program = folder / "program.py"
    program.write_text(f"from tests.groundwire.test_two_processes import run_all; run_all({str(folder)!r})")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", str(program)]
    # the processes find each other without being told to use the CPU
    settings = {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([".", *sys.path])}
    ran = subprocess.run(
        launch,
        env={**{name: os.environ[name] for name in os.environ if name != "ACCELERATE_USE_CPU"}, **settings},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


def close(some, others):
    for one, other in zip(some, others, strict=True):
        torch.testing.assert_close(torch.tensor(one), torch.tensor(other), rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_two_processes_end_with_the_weights_of_one(ranks, name):
    rows, size, kind, asked = RUNS[name]
    alone = run(rows, size, 4, kind, **asked)
    for rank in ranks:
        close(rank[name]["weights"], alone["weights"])


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_the_promised_number_of_updates_is_that_of_updates_and_of_scheduler_steps(ranks, name):  # B51
    _, size, _, _ = RUNS[name]
    for rank in ranks:
        found = rank[name]
        assert found["promised"] == -(-4 // size)
        assert found["updates"] == found["scheduled"] == 2 * found["promised"]


@pytest.mark.slow
def test_losses_are_those_of_all_samples_each_counted_once(ranks):
    rows, size, kind, asked = RUNS["plain"]
    alone = run(rows, size, 4, kind, **asked)
    for rank in ranks:
        close([rank["plain"]["losses"], rank["plain"]["eval"]], [alone["losses"], alone["eval"]])
