"""Two processes on one machine: the gradients of an adapted module are averaged over them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import lightning.pytorch
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning as L

BASES = {"ours": L.LightningModule, "guest": lightning.pytorch.LightningModule}


class Steps:
    """A module that draws nothing, so that its numbers depend on its batches alone."""

    def __init__(self, by_hand=False):
        super().__init__()
        torch.manual_seed(0)
        self.net = torch.nn.Linear(3, 1)
        self.automatic_optimization = not by_hand
        self.seen = []

    def forward(self, inputs):
        return self.net(inputs)

    def training_step(self, batch, batch_idx):
        self.seen += batch[0][:, 0].tolist()
        loss = torch.nn.functional.mse_loss(self(batch[0]), batch[1])
        if not self.automatic_optimization:
            optimizer = self.optimizers()
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def data():
    inputs = torch.arange(48.0).reshape(16, 3) / 48
    return TensorDataset(inputs, inputs.sum(1, keepdim=True))


RUNS = {
    "straight": {},
    "accumulated": {"accumulate_grad_batches": 2},
    "clipped": {"gradient_clip_val": 0.01},
    "by hand": {},
    "shared out": {},
}


def gathered(module, rank):
    """What a module gathers from all processes, and the gradient that comes back to this one."""
    mine = torch.full((2,), float(rank), requires_grad=True)
    with_grads = module.all_gather(mine, sync_grads=True)
    (with_grads * torch.arange(1.0, 1.0 + with_grads.numel()).reshape(with_grads.shape)).sum().backward()
    plain = module.all_gather({"own": mine, "rank": rank})
    return {
        "with grads": with_grads.tolist(),
        "grad": mine.grad.tolist(),
        "plain": plain["own"].tolist(),
        "has graph": plain["own"].requires_grad,
        "rank": plain["rank"].tolist(),
    }


def run(base, name, batch_size, **asked):
    kind = type("Net", (Steps, BASES[base]), {})
    module = kind(by_hand=name == "by hand")
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = L.Trainer(accelerator="cpu", max_epochs=2, **quiet, **RUNS[name], **asked)
    sampler = None
    if trainer.world_size > 1 and name != "shared out":  # in order: a trainer shuffles what it shares out
        sampler = torch.utils.data.DistributedSampler(data(), **trainer.distributed_sampler_kwargs, shuffle=False)
    trainer.fit(module, DataLoader(data(), batch_size=batch_size, sampler=sampler))
    strategy = trainer.strategy
    return {
        "weights": [parameter.tolist() for parameter in module.parameters()],
        "steps": trainer.global_step,
        "seen": module.seen,
        "strategy": type(strategy).__name__,
        "sum": strategy.reduce(torch.tensor(trainer.global_rank + 1.0), reduce_op="sum").item(),
        "all": strategy.all_gather(torch.tensor([trainer.global_rank])).tolist(),
        "gathered": gathered(module, trainer.global_rank),
        "of the first": strategy.broadcast(f"rank {trainer.global_rank}"),
        "any": strategy.reduce_boolean_decision(trainer.is_global_zero, all=False),
        "every": strategy.reduce_boolean_decision(trainer.is_global_zero, all=True),
    }


def run_all(folder):
    """What each of the two processes does."""
    found = {f"{base} {name}": run(base, name, 2, devices=2, strategy="ddp") for base in BASES for name in RUNS}
    Path(folder, f"{os.environ['RANK']}.json").write_text(json.dumps(found))
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    program = folder / "program.py"
    program.write_text(f"from tests.groundwire_lightning.test_two_processes import run_all; run_all({str(folder)!r})")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", str(program)]
    settings = {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([".", *sys.path])}
    ran = subprocess.run(
        launch,
        env={**os.environ, **settings},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RUNS if name != "shared out"])
@pytest.mark.parametrize("base", BASES)
def test_two_processes_end_with_the_weights_of_one_with_batches_twice_as_large(ranks, base, name):
    alone = run(base, name, 4)
    first, second = (rank[f"{base} {name}"] for rank in ranks)
    assert first["weights"] == second["weights"]
    for ours, theirs in zip(first["weights"], alone["weights"], strict=True):
        torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), rtol=1e-4, atol=1e-6)
    assert first["steps"] == alone["steps"]
    assert set(first["seen"]) & set(second["seen"]) == set()


@pytest.mark.slow
def test_the_strategy_answers_for_both(ranks):
    for rank in ranks:
        told = rank["ours straight"]
        assert told["strategy"] == "DDPStrategy"
        assert (told["sum"], told["all"], told["of the first"]) == (3.0, [[0], [1]], "rank 0")
        assert (told["any"], told["every"]) == (True, False)


@pytest.mark.slow
@pytest.mark.parametrize("base", BASES)
def test_a_module_gathers_along_a_new_first_dimension(ranks, base):
    for number, rank in enumerate(ranks):
        assert rank[f"{base} straight"]["gathered"] == {
            "with grads": [[0.0, 0.0], [1.0, 1.0]],
            "grad": [[2.0, 4.0], [6.0, 8.0]][number],  # the sum over processes
            "plain": [[0.0, 0.0], [1.0, 1.0]],
            "has graph": False,
            "rank": [0, 1],
        }


@pytest.mark.slow
@pytest.mark.parametrize("base", BASES)
def test_the_trainer_shares_every_sample_out_once_an_epoch(ranks, base):
    first, second = (rank[f"{base} shared out"] for rank in ranks)
    everything = sorted(data().tensors[0][:, 0].tolist())
    for epoch in (slice(0, 8), slice(8, 16)):
        assert sorted(first["seen"][epoch] + second["seen"][epoch]) == everything
    assert first["weights"] == second["weights"]
