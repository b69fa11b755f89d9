"""What ``self.log`` costs a step: the adapted Trainer and Lightning beside loops written by hand.

The loss is logged on step and epoch, a torchmetrics object on epoch, and then ten and fifty further
scalars on epoch. Rounds are interleaved and the processor's time is taken, so that a busy machine
slows all rows alike. Run it with ``python benchmarks/logging_overhead.py``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import statistics
import time
from collections.abc import Callable

import torch
import torchmetrics
from step_overhead import BATCH_SIZE, data, network, quiet, sgd
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

Run = Callable[[int], None]
NAMES = [f"scalar_{number}" for number in range(50)]


def by_hand(dataset: TensorDataset, logs: bool) -> Run:
    """The loop that one would write; it keeps the loss of the step and its weighted mean, and updates a metric."""

    def run(epochs: int) -> None:
        model, metric = network(), torchmetrics.MeanMetric()
        optimizer = sgd(model)
        for _ in range(epochs):
            total, samples = torch.zeros(()), 0
            for inputs, targets in DataLoader(dataset, BATCH_SIZE, shuffle=True):
                loss = nn.functional.cross_entropy(model(inputs), targets)
                if logs:
                    latest = loss.detach().clone()
                    total, samples = total + latest * len(inputs), samples + len(inputs)
                    metric.update(loss)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            if logs:
                (total / samples).item()
                metric.compute().item()
                metric.reset()

    return run


def shaped(name: str, dataset: TensorDataset, logs: bool, further: int) -> Run:
    """One module under the real Lightning or under groundwire's adapter."""
    framework = importlib.import_module(name)

    class Module(framework.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = network()
            self.metric = torchmetrics.MeanMetric()

        def training_step(self, batch, batch_idx):  # type: ignore[no-untyped-def]
            inputs, targets = batch
            loss = nn.functional.cross_entropy(self.net(inputs), targets)
            if logs:
                self.log("loss", loss, on_step=True, on_epoch=True)
                self.metric.update(loss)
                self.log("metric", self.metric, on_step=False, on_epoch=True)
            for number in range(further):
                self.log(NAMES[number], loss, on_step=False, on_epoch=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return sgd(self)

    def run(epochs: int) -> None:
        switched_off = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
        trainer = framework.Trainer(max_epochs=epochs, accelerator="cpu", **dict.fromkeys(switched_off, False))
        trainer.fit(Module(), DataLoader(dataset, BATCH_SIZE, shuffle=True))

    return run


def rows(dataset: TensorDataset, frameworks: list[str]) -> dict[str, Run]:
    """Name to run."""
    found = {"by hand": by_hand(dataset, logs=False), "by hand, logged": by_hand(dataset, logs=True)}
    for name in frameworks:
        found[f"{name}, bare"] = shaped(name, dataset, logs=False, further=0)
        for further in (0, 10, 50):
            said = f"{name}, logged" + (f", {further} more" if further else "")
            found[said] = shaped(name, dataset, logs=True, further=further)
    return found


def seconds(run: Run, epochs: int) -> float:
    """The processor's time of one run."""
    with quiet():
        started = time.process_time()
        run(epochs)
        return time.process_time() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each row is measured")
    parser.add_argument("--batches", type=int, default=100, help="steps an epoch")
    parser.add_argument("--alone", action="store_true", help="without Lightning")
    given = parser.parse_args()
    torch.set_num_threads(1)
    frameworks = ["groundwire_lightning", *([] if given.alone else ["lightning"])]
    runs = rows(data(given.batches), [name for name in frameworks if importlib.util.find_spec(name)])
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        seconds(run, 1)
    for _ in range(given.rounds):
        for name, run in runs.items():
            taken[name].append((seconds(run, 3) - seconds(run, 1)) / (2 * given.batches) * 1e6)
    steps = {name: statistics.median(times) for name, times in taken.items()}
    print(f"{'A step':40}{'µs':>9}{'of by hand':>12}{'added µs':>10}{'a further scalar':>18}")
    for name, step in steps.items():
        base = steps["by hand" if name == "by hand" or name.endswith("bare") else "by hand, logged"]
        less, _, more = name.partition(", logged, ")
        each = f"{(step - steps[f'{less}, logged']) / int(more.split()[0]):18.2f}" if more else ""
        print(f"{name:40}{step:9.1f}{step / base:12.2f}{step - base:10.1f}{each}")


if __name__ == "__main__":
    main()
