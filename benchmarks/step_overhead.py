"""What a training step costs beyond the plain loop: Accelerate, pytorch-accelerated, Lightning, groundwire, in one run.

Every row trains the same network (32-64-10, batches of 32, SGD, one thread) on the same data in
memory. Rounds are interleaved and the median is taken, so a busy machine slows all rows alike: read
the ratios, not the microseconds. A framework that is not installed is told of and left out
(``pip install -c constraints.txt -e '.[bench]'`` brings them). Run it with
``python benchmarks/step_overhead.py``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import logging
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BATCH_SIZE = 32
CLASSES = 10
Run = Callable[[int], None]


def network() -> nn.Module:
    """The same small classifier for every row."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, CLASSES))


def data(batches: int) -> TensorDataset:
    """Random inputs and labels."""
    torch.manual_seed(1)
    return TensorDataset(torch.randn(batches * BATCH_SIZE, 32), torch.randint(0, CLASSES, (batches * BATCH_SIZE,)))


def sgd(model: nn.Module) -> torch.optim.Optimizer:
    """The same optimizer for every row."""
    return torch.optim.SGD(model.parameters(), lr=0.01)


def plain(dataset: TensorDataset) -> Run:
    """The loop that one would write by hand; it tracks its loss without reading it."""

    def run(epochs: int) -> None:
        model = network()
        optimizer, loss_func = sgd(model), nn.CrossEntropyLoss()
        loader = DataLoader(dataset, BATCH_SIZE, shuffle=True)
        model.train()
        for _ in range(epochs):
            total = torch.zeros(())
            for inputs, targets in loader:
                loss = loss_func(model(inputs), targets)
                total += loss.detach()
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
            total.item()

    return run


def plain_with_metric(dataset: TensorDataset) -> Run:
    """The loop by hand with a torchmetrics accuracy, updated each step and computed each epoch."""
    from torchmetrics.classification import MulticlassAccuracy

    def run(epochs: int) -> None:
        model, accuracy = network(), MulticlassAccuracy(CLASSES, validate_args=False)
        optimizer, loss_func = sgd(model), nn.CrossEntropyLoss()
        loader = DataLoader(dataset, BATCH_SIZE, shuffle=True)
        model.train()
        for _ in range(epochs):
            total = torch.zeros(())
            for inputs, targets in loader:
                outputs = model(inputs)
                loss = loss_func(outputs, targets)
                total += loss.detach()
                accuracy.update(outputs.detach(), targets)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
            total.item()
            accuracy.compute().item()
            accuracy.reset()

    return run


def plain_accelerate(dataset: TensorDataset) -> Run:
    """The loop by hand on Accelerate: everything prepared, as its tutorial has it."""
    from accelerate import Accelerator

    def run(epochs: int) -> None:
        accelerator = Accelerator(cpu=True)
        model = network()
        loader = DataLoader(dataset, BATCH_SIZE, shuffle=True)
        model, optimizer, loader = accelerator.prepare(model, sgd(model), loader)
        loss_func = nn.CrossEntropyLoss()
        model.train()
        for _ in range(epochs):
            total = torch.zeros(())
            for inputs, targets in loader:
                loss = loss_func(model(inputs), targets)
                total += loss.detach()
                accelerator.backward(loss)
                optimizer.step()
                optimizer.zero_grad()
            total.item()

    return run


def plain_in_batches(dataset: TensorDataset) -> Run:
    """The same over batches that were cut beforehand: the least a step can cost."""

    def run(epochs: int) -> None:
        model = network()
        optimizer, loss_func = sgd(model), nn.CrossEntropyLoss()
        batches = list(zip(*(tensor.split(BATCH_SIZE) for tensor in dataset.tensors), strict=True))
        for _ in range(epochs):
            for inputs, targets in batches:
                loss_func(model(inputs), targets).backward()
                optimizer.step()
                optimizer.zero_grad()

    return run


def native(dataset: TensorDataset, in_a_loader: bool = False) -> Run:
    """The groundwire Trainer with its default callbacks."""
    from groundwire import Trainer

    def run(epochs: int) -> None:
        model = network()
        given = DataLoader(dataset, BATCH_SIZE, shuffle=True) if in_a_loader else dataset
        Trainer(model, nn.CrossEntropyLoss(), sgd(model)).train(given, epochs, per_device_batch_size=BATCH_SIZE)

    return run


def native_with_metric(dataset: TensorDataset) -> Run:
    """The same with a torchmetrics accuracy, updated each step and computed each epoch."""
    from torchmetrics.classification import MulticlassAccuracy

    from groundwire import DEFAULT_CALLBACKS, Trainer
    from groundwire_torchmetrics import MetricsCallback

    def run(epochs: int) -> None:
        model = network()
        metric = MetricsCallback(MulticlassAccuracy(CLASSES, validate_args=False), on="train")
        given = DataLoader(dataset, BATCH_SIZE, shuffle=True)  # as in the loop by hand
        trainer = Trainer(model, nn.CrossEntropyLoss(), sgd(model), (*DEFAULT_CALLBACKS, metric))
        trainer.train(given, epochs, per_device_batch_size=BATCH_SIZE)

    return run


def pytorch_accelerated(dataset: TensorDataset) -> Run:
    """The ancestor, with its default callbacks and no workers."""
    from pytorch_accelerated import Trainer

    def run(epochs: int) -> None:
        model = network()
        trainer = Trainer(model, nn.CrossEntropyLoss(), sgd(model))
        options = {"num_workers": 0, "pin_memory": False}
        trainer.train(dataset, epochs, per_device_batch_size=BATCH_SIZE, train_dataloader_kwargs=options)

    return run


def lightning_shaped(name: str) -> Callable[[TensorDataset], Run]:
    """One module under the real Lightning or under groundwire's adapter."""

    def of(dataset: TensorDataset) -> Run:
        framework = importlib.import_module(name)

        class Module(framework.LightningModule):  # type: ignore[name-defined,misc]
            def __init__(self) -> None:
                super().__init__()
                self.net = network()

            def training_step(self, batch, batch_idx):  # type: ignore[no-untyped-def]
                inputs, targets = batch
                loss = nn.functional.cross_entropy(self.net(inputs), targets)
                self.log("train_loss", loss, on_step=False, on_epoch=True)
                return loss

            def configure_optimizers(self) -> torch.optim.Optimizer:
                return sgd(self)

        def run(epochs: int) -> None:
            trainer = framework.Trainer(
                max_epochs=epochs,
                accelerator="cpu",
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
            )
            trainer.fit(Module(), DataLoader(dataset, BATCH_SIZE, shuffle=True))

        return run

    return of


ROWS: dict[str, tuple[str, Callable[[TensorDataset], Run]]] = {
    "plain loop": ("torch", plain),
    "plain loop, batches cut beforehand": ("torch", plain_in_batches),
    "plain loop, accuracy": ("torchmetrics", plain_with_metric),
    "plain Accelerate loop": ("accelerate", plain_accelerate),
    "pytorch-accelerated": ("pytorch_accelerated", pytorch_accelerated),
    "Lightning": ("lightning", lightning_shaped("lightning")),
    "groundwire, given the dataset": ("groundwire", native),
    "groundwire, given a loader": ("groundwire", lambda dataset: native(dataset, in_a_loader=True)),
    "groundwire, given a loader, accuracy": ("groundwire_torchmetrics", native_with_metric),
    "groundwire, Lightning module": ("groundwire_lightning", lightning_shaped("groundwire_lightning")),
}


def installed() -> dict[str, Callable[[TensorDataset], Run]]:
    """The rows that can be run here."""
    return {name: make for name, (module, make) in ROWS.items() if importlib.util.find_spec(module)}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what frameworks print, which a terminal would be timed with."""
    logging.disable(logging.WARNING)
    sink = io.StringIO()
    with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


def seconds(run: Run, epochs: int) -> float:
    """CPU seconds of one run: what other programs do meanwhile does not count."""
    with quiet():
        started = time.process_time()
        run(epochs)
        return time.process_time() - started


def measured(batches: int, epochs: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Of every row the seconds of ``epochs`` epochs, and those of a run beside its epochs.

    A round has a long and a short run of each row, interleaved: their difference is what the epochs
    cost. Medians of all rounds, after one that does not count.
    """
    dataset = data(batches)
    runs = {name: make(dataset) for name, make in installed().items()}
    for run in runs.values():
        seconds(run, 1)
    long: dict[str, list[float]] = {name: [] for name in runs}
    short: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            short[name].append(seconds(run, epochs))
            long[name].append(seconds(run, 2 * epochs))
    middle = statistics.median
    cost = {name: middle(map(float.__sub__, long[name], short[name])) for name in runs}
    return {name: (cost[name], middle(short[name]) - cost[name]) for name in runs}


def steps(batches: int, epochs: int, rounds: int) -> None:
    """Microseconds a step, and the fixed cost of a run."""
    found = measured(batches, epochs, rounds)
    base = found["plain loop"][0] / (batches * epochs)
    print(f"\n{'A step':38}{'µs':>10}{'of plain':>10}{'added µs':>10}{'fixed ms':>10}")
    for name, (cost, fixed) in found.items():
        step = cost / (batches * epochs)
        print(f"{name:38}{step * 1e6:10.1f}{step / base:10.2f}{(step - base) * 1e6:10.1f}{fixed * 1e3:10.1f}")


def short_epochs(rounds: int) -> None:
    """Epochs of two steps, where what happens once an epoch weighs most."""
    epochs = 60
    found = measured(2, epochs, rounds)
    base = found["plain loop"][0]
    print(f"\n{'An epoch of two steps':38}{'µs':>10}{'of plain':>10}")
    for name, (cost, _) in found.items():
        print(f"{name:38}{cost / epochs * 1e6:10.1f}{cost / base:10.2f}")


def imports(rounds: int) -> None:
    """Seconds until a package is imported, each time in a new process, from compiled files.

    Without garbage collection: where its turn comes within an import it takes 60 ms to look at what
    torch made, and at which row that happens is chance.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    print(f"\n{'Import':38}{'ms':>10}")
    for name in ("torch", "accelerate", "groundwire", "groundwire.trainer", "groundwire_lightning", "lightning"):
        if importlib.util.find_spec(name.partition(".")[0]) is None:
            continue
        code = f"import gc, time; gc.disable(); t = time.process_time(); import {name}; print(time.process_time() - t)"
        command = [sys.executable, "-c", code]
        taken = [
            float(
                subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split()[-1]
            )
            for _ in range(rounds + 1)
        ][1:]
        print(f"{name:38}{statistics.median(taken) * 1e3:10.0f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each row is measured")
    parser.add_argument("--batches", type=int, default=200, help="steps an epoch")
    rounds, batches = vars(parser.parse_args()).values()
    for name in sorted(set(ROWS) - set(installed())):
        print(f"{name} is not installed and left out")
    torch.set_num_threads(1)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    steps(batches, epochs=2, rounds=rounds)
    short_epochs(rounds)
    imports(min(rounds, 3))


if __name__ == "__main__":
    main()
