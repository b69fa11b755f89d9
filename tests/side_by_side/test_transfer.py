"""What happens to a batch between its loader and a step: hooks of module and data module, and batches of any kind."""

import collections
import dataclasses
from typing import ClassVar

import pytest
import torch
from tests.side_by_side.twins import BOTH, TRANSFER, loss_of, twins
from torch.utils.data import default_collate

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])
STEPS = {
    **BOTH,
    "test_step": lambda self, batch, batch_idx: self.log("test_loss", loss_of(self, batch)),
    "predict_step": lambda self, batch, batch_idx: self.layers(batch[0]),
}


def shifting(amount):
    def change(self, batch, *rest):
        return batch[0] + amount, batch[1]

    return change


CHANGES = {name: shifting(amount) for name, amount in zip(TRANSFER, (1.0, 20.0, 300.0), strict=True)}


@EVERY
@pytest.mark.parametrize("names", [TRANSFER, *([name] for name in TRANSFER)], ids=str)
@pytest.mark.parametrize("whose", ["module", "data module", "both", "one each"])
def test_batches_are_changed_where_lightning_lets_them_be_changed(names, whose, hears):
    def scenario(stage):
        of_module = {name: CHANGES[name] for name in names if whose != "data module"}
        of_data = {name: shifting(0.5) for name in names if whose in ("data module", "both")}
        of_data |= {TRANSFER[0]: shifting(7)} if whose == "one each" else {}
        module = stage.make_module(methods={**STEPS, **of_module})
        trainer = stage.make_trainer(max_epochs=1, callbacks=[stage.make_callback()])
        trainer.fit(module, datamodule=stage.make_data(of_data))

    twins(scenario, hears=hears)


@EVERY
def test_hooks_are_told_the_loader_of_a_batch(hears):
    def step(self, batch, batch_idx, dataloader_idx):
        return loss_of(self, batch)

    def scenario(stage):
        steps = {"validation_step": step, "test_step": step, "predict_step": step}
        module = stage.make_module(methods={**steps, **CHANGES})
        trainer = stage.make_trainer(max_epochs=1)
        loaders = [stage.loader("val", samples=5), stage.loader("other", samples=9)]
        trainer.fit(module, stage.loader("train"), loaders)
        trainer.test(module, loaders, verbose=False)
        trainer.predict(module, loaders)

    twins(scenario, hears=hears)


@dataclasses.dataclass
class Record:
    points: torch.Tensor
    labels: torch.Tensor
    name: str = "a"


class Moves:
    """A batch that can be moved, and tells it."""

    moved: ClassVar[list] = []

    def __init__(self, parts):
        self.parts = parts

    def to(self, device, non_blocking=False):
        self.moved.append(str(device))
        return Moves([part * 2 if part.is_floating_point() else part for part in self.parts])

    def __getitem__(self, index):
        return self.parts[index]


class ForgetsToReturn(Moves):
    def to(self, device):
        self.parts[0] += 1


Pair = collections.namedtuple("Pair", ["points", "labels"])
KINDS = {
    "a list": list,
    "a tuple": tuple,
    "a named tuple": lambda batch: Pair(*batch),
    "a dataclass": lambda batch: Record(*batch),
    "a dictionary": lambda batch: {"points": batch[0], "labels": batch[1], "name": "a", "none": None},
    "an ordered dictionary": lambda batch: collections.OrderedDict(points=batch[0], labels=batch[1]),
    "something that moves": Moves,
    "something that moves and forgets to return": ForgetsToReturn,
    "something nested that moves": lambda batch: [Moves(batch), {"more": [Moves(batch)]}],
}


def parts_of(batch):
    if isinstance(batch, list) and not isinstance(batch[0], torch.Tensor):
        return parts_of(batch[0])
    if isinstance(batch, dict):
        return batch["points"], batch["labels"]
    return (batch.points, batch.labels) if isinstance(batch, (Record, Pair)) else (batch[0], batch[1])


@pytest.mark.parametrize("kind", KINDS)
def test_batches_of_any_kind_are_moved_as_lightning_moves_them(kind):
    given = []

    def collate(samples):
        given.append(KINDS[kind](default_collate(samples)))
        return given[-1]

    def training_step(self, batch, batch_idx):
        self.stage.note("step", type(batch).__name__, batch is given[-1])
        return loss_of(self, parts_of(batch))

    def scenario(stage):
        Moves.moved = []
        module = stage.make_module(methods={"training_step": training_step})
        stage.make_trainer(max_epochs=1).fit(module, stage.loader("train", collate_fn=collate))
        return Moves.moved

    twins(scenario, hears=False)


def test_an_override_may_call_what_it_overrides():
    def scenario(stage):
        base = stage.L.LightningModule
        methods = {name: lambda self, *args, name=name: getattr(base, name)(self, *args) for name in TRANSFER}
        trainer = stage.make_trainer(max_epochs=1)
        trainer.fit(stage.make_module(methods={**BOTH, **methods}), stage.loader("train"), stage.loader("val"))

    twins(scenario)


def test_a_module_that_moves_a_batch_by_hand_reaches_its_hooks():
    def scenario(stage):
        module = stage.make_module(methods=BOTH)
        return module.transfer_batch_to_device([torch.ones(2)], torch.device("cpu"), 0)[0].tolist()

    def run(stage):
        stage.make_trainer()
        return scenario(stage)

    twins(run, hears=False)
