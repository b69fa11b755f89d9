"""Two processes come to the values of one, in as few collectives as there are kinds of reduction."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset
from torchmetrics import CatMetric, MaxMetric, MeanMetric, MetricCollection, MinMetric, PearsonCorrCoef, SumMetric
from torchmetrics.classification import BinaryAccuracy, BinaryAUROC, BinaryPrecision
from torchmetrics.wrappers import MetricTracker, MinMaxMetric

from groundwire import Trainer
from groundwire_torchmetrics import MetricsCallback

ROWS = 22  # the last round has a batch for one of the two only


def both(batch, batch_output):
    return batch_output["model_outputs"].squeeze(1).sigmoid()


def metrics():
    pairs = {
        "accuracy": BinaryAccuracy(),
        "precision": BinaryPrecision(),
        "auroc": BinaryAUROC(),
        "pearson": PearsonCorrCoef(),
        "range": MinMaxMetric(BinaryAccuracy()),
    }
    single = {"greatest": MaxMetric(), "least": MinMetric(), "sum": SumMetric(), "mean": MeanMetric()}
    return MetricCollection(pairs), single


def run(size, rows):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(ROWS, 3, generator=generator)[:rows]
    data = TensorDataset(inputs, (inputs.sum(dim=1) > 0).float())
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    pairs, single = metrics()
    callbacks = [
        MetricsCallback(pairs, preds=both, on="eval"),
        MetricsCallback(single, preds=both, target=None, on="eval"),
        MetricsCallback({"tracked": MetricTracker(BinaryAccuracy())}, preds=both, on="eval"),
        Kept(CatMetric(), preds=both, target=None, on="eval"),
    ]
    trainer = Trainer(model, loss, torch.optim.SGD(model.parameters(), lr=0.0), callbacks)
    calls = counted()
    trainer.train(data, 2, eval_dataset=data, per_device_batch_size=size)
    return trainer, dict(calls)  # the count goes on


class Kept(MetricsCallback):
    """Of a metric that keeps every value only their sum is recorded."""

    def _record(self, phase, prefix, run_history):
        from accelerate.state import PartialState

        result = self._measured[phase].compute(PartialState().num_processes)["CatMetric"]
        run_history.update_metric("kept", sorted(result.tolist()))


def loss(outputs, targets):
    return nn.functional.binary_cross_entropy_with_logits(outputs.squeeze(1), targets)


def counted():
    """How often processes talk to each other for metrics."""
    calls = {"all_reduce": 0, "all_gather_object": 0}

    def counting(name):
        real = getattr(torch.distributed, name)

        def counted_call(*args, **kwargs):
            calls[name] += "groundwire_torchmetrics" in sys._getframe(1).f_code.co_filename
            return real(*args, **kwargs)

        return counted_call

    for name in calls:
        setattr(torch.distributed, name, counting(name))
    return calls


def run_all(folder):
    """What each of the two processes does."""
    found = {}
    for rows in (ROWS, 2):  # of two rows the second process has none
        trainer, calls = run(2, rows)
        found[str(rows)] = {**trainer.run_history.to_dict(), "calls": calls}
    Path(folder, f"{trainer._accelerator.process_index}.json").write_text(json.dumps(found))
    trainer._accelerator.end_training()


@pytest.mark.slow
def test_two_processes_come_to_the_values_of_one(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(f"from tests.groundwire_torchmetrics.test_states import run_all; run_all({str(tmp_path)!r})")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", str(program)]
    settings = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([".", *sys.path])}
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        launch, env={**os.environ, **settings}, cwd=root, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    ranks = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]
    for rows in (ROWS, 2):
        alone, found = run(4, rows)[0].run_history.to_dict(), [rank[str(rows)] for rank in ranks]
        names = [name for name in alone if name.startswith("eval_") or name == "kept"]
        assert len(names) > 10
        for name in names:
            for rank in found:
                one, other = torch.tensor(alone[name]), torch.tensor(rank[name])
                torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6, equal_nan=True)
    # an evaluation: sums and extremes of two callbacks, sums of two others, and what is gathered
    calls = ranks[0][str(ROWS)]["calls"]
    assert calls["all_reduce"] <= 2 * (2 + 2 + 1 + 1)
    assert calls["all_gather_object"] <= 2 * 2
