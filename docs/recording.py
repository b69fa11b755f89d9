"""The order of a run, seen: a table that listens before and after every hook, and the tree of what ran within what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

from groundwire import HOOKS, HookMap, Trainer, row


@dataclass
class Node:
    """A hook that ran, and those that ran within it, each once, in the order of their first time."""

    name: str
    within: dict[str, Node] = field(default_factory=dict)


class Moments:
    """One method for the beginning and one for the end of every hook; written below."""


for _name in HOOKS:
    for _edge in ("enter", "leave"):
        setattr(Moments, f"{_edge}_{_name}", lambda self: None)

EVERY_HOOK = HookMap(
    "recording",
    bases={"Recorder": Moments},
    listed=frozenset({"Recorder"}),
    rows=tuple(
        row(f"Recorder.{edge}_{name}", **{position: name})
        for name in HOOKS
        for edge, position in (("enter", "before"), ("leave", "after"))
    ),
)


class Recorder(Moments):
    """A callback that writes down the tree."""

    hookmap = EVERY_HOOK

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Forget what ran before."""
        self.root = Node("")
        self._open = [self.root]

    def enter(self, name: str) -> None:
        self._open.append(self._open[-1].within.setdefault(name, Node(name)))

    def leave(self, name: str) -> None:
        assert self._open.pop().name == name


def _edge_of(edge: str, name: str) -> Any:
    return lambda self: getattr(self, edge)(name)


for _name in HOOKS:
    for _edge in ("enter", "leave"):
        setattr(Recorder, f"{_edge}_{_name}", _edge_of(_edge, _name))


def _data() -> TensorDataset:
    return TensorDataset(torch.ones(8, 2), torch.ones(8, 1))


def native(entry: str) -> Node:
    """What the constructor of a Trainer, or one of its entry points, runs."""
    recorder = Recorder()
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = Trainer(model, torch.nn.MSELoss(), optimizer, callbacks=[recorder])
    if entry == "Trainer":
        return recorder.root
    recorder.start()
    if entry == "train":
        trainer.train(_data(), 2, _data(), per_device_batch_size=2, gradient_accumulation_steps=2)
    else:
        getattr(trainer, entry)(_data())
    return recorder.root


def lightning() -> Node:
    """What ``fit`` runs."""
    import groundwire_lightning as L

    class Module(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch: Any) -> Any:
            return self.layer(batch[0]).square().mean()

        def validation_step(self, batch: Any) -> Any:
            return self.layer(batch[0]).square().mean()

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7)
            return [optimizer], [{"scheduler": scheduler, "interval": "step"}]

    recorder = Recorder()
    trainer = L.Trainer(
        max_epochs=2,
        accumulate_grad_batches=2,
        callbacks=[recorder],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    loader = DataLoader(_data(), batch_size=2)
    recorder.start()
    trainer.fit(Module(), loader, loader)
    return recorder.root
