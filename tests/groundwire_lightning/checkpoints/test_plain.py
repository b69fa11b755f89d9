"""What of a checkpoint is more than tensors and plain values."""

import argparse
import collections
import enum
import io
import pathlib
import types

import numpy as np
import pytest
import torch

from groundwire.saved.stand_ins import stand_ins
from groundwire_lightning.checkpoints.plain import can_be_written, foreign_values
from groundwire_lightning.checkpoints.reading import read
from groundwire_lightning.utilities.parsing import AttributeDict


class Colour(str, enum.Enum):
    RED = "red"


class Attributes(dict):
    """A dictionary of another class."""


CYCLE = []
CYCLE.append(CYCLE)
PLAIN = [
    *(None, 1, 0.5, "a", b"a", 1j, range(3), slice(1, 2), [1, (2, {3})], {"a": {1: torch.ones(2)}}, {(1, 2): 3}),
    *(torch.float32, torch.Size([1]), torch.device("cpu"), torch.nn.Parameter(torch.ones(1)), int, frozenset([1])),
    *(np.float64(0.5), np.bool_(True), np.arange(3), pathlib.Path("x"), argparse.Namespace(rates=[pathlib.Path("x")])),
    *(types.SimpleNamespace(a=1), collections.OrderedDict(a=1), collections.defaultdict(int, a=1), AttributeDict(a=1)),
    *(collections.Counter("aab"), CYCLE, bytearray(b"a")),
]
FOREIGN = [
    ({"a": [Colour.RED]}, "a.0", f"{__name__}.Colour"),
    (Attributes(a=1), "", f"{__name__}.Attributes"),
    ({"a": torch.nn.Tanh()}, "a", "torch.nn.modules.activation.Tanh"),
    ({"a": argparse.Namespace(b=print)}, "a.b", "builtins.print"),
    ({Colour.RED: 1}, "", f"{__name__}.Colour"),
    ({"a": collections.defaultdict(list, b=Colour)}, "a.b", f"{__name__}.Colour"),
    ({"a": torch.nn.Tanh}, "a", "torch.nn.modules.activation.Tanh"),
]


def of_file(value):
    file = io.BytesIO()
    torch.save({"state_dict": {}, "it": value}, file)
    return read(file)["it"]


@pytest.mark.parametrize("value", PLAIN, ids=str)
def test_what_is_plain_is_read_as_it_was_written(value):
    assert foreign_values({"it": value}) == {}
    found = of_file(value)
    assert not stand_ins(found)
    assert type(found) is type(value)


@pytest.mark.parametrize(("value", "path", "name"), FOREIGN, ids=str)
def test_what_is_not_is_named_by_its_path_and_read_as_a_stand_in(value, path, name):
    named = foreign_values({"it": value})
    assert list(named.values()) == [name]
    assert next(iter(named)).startswith(f"it.{path}".rstrip("."))
    assert {one.foreign_name for one in stand_ins(of_file(value))} >= ({name} if "print" not in name else set())


def test_entries_that_are_not_looked_at_are_named_by_nobody():
    assert foreign_values({"weights": torch.nn.Tanh(), "a": 1}, besides=["weights"]) == {}


def test_what_is_defined_in_a_function_cannot_be_pickled():
    assert not can_be_written(lambda: None)
    assert can_be_written({"net": torch.nn.Linear(1, 1), "colour": Colour.RED})
