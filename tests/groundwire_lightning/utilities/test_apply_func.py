import collections
import dataclasses
from typing import ClassVar

import pytest
import torch
from tests.side_by_side.twins import loss_of, twins
from torch.utils.data import default_collate


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
