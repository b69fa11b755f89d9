"""What is made plain in a checkpoint, what is left out, and what comes back."""

import argparse
import collections
import enum
import pathlib
import sys
import types

import numpy as np
import pytest
import torch

from groundwire_lightning.checkpoints.plain import AS, LEFT_OUT, cleaned, restored


class Colour(str, enum.Enum):
    RED = "red"


class Size(enum.Enum):
    BIG = object()


class Attributes(dict):
    """A dictionary of another class."""


SAME = [None, 1, 0.5, "a", b"a", [1, (2, {3})], {"a": {1: torch.ones(2)}}, torch.float32, torch.Size([1]), {(1, 2): 3}]


@pytest.mark.parametrize("value", SAME)
def test_what_is_plain_stays_the_same_object(value):
    assert cleaned({"it": value}) == {"it": value}
    assert cleaned({"it": value})["it"] is value


PLAINER = [
    (np.float64(0.5), 0.5),
    (np.bool_(True), True),
    (Colour.RED, "red"),
    (Attributes(a=np.int64(1)), {"a": 1}),
    ([pathlib.Path("x"), 1], ["x", 1]),
    (collections.OrderedDict(a=np.int64(2)), {"a": 2}),
]


@pytest.mark.parametrize(("value", "due"), PLAINER)
def test_what_has_a_plain_form_takes_it(value, due):
    found = cleaned({"it": value})["it"]
    assert found == due
    assert type(found) is type(due) or type(found) is collections.OrderedDict


def test_what_has_none_is_left_out_and_listed():
    state = {"a": {"net": torch.nn.Tanh(), "kept": 1}, "b": [Size.BIG, 2], "whole": print, "weights": torch.nn.Tanh()}
    assert cleaned(state, besides=["weights"]) == {
        "a": {"kept": 1},
        "b": [None, 2],
        "weights": state["weights"],
        LEFT_OUT: {
            "a.net": "torch.nn.modules.activation.Tanh",
            "b.0": f"{__name__}.Size",
            "whole": "builtins.builtin_function_or_method",
        },
    }


def test_what_was_written_plainer_comes_back():
    value = {"conf": argparse.Namespace(folders=[pathlib.Path("x")], rate=1)}
    state = cleaned({"it": value})
    assert state["it"] == {"conf": {"folders": ["x"], "rate": 1}}
    assert restored(state["it"], "it", state[AS]) == value


def test_configurations_of_omegaconf_become_dictionaries_and_come_back(monkeypatch):
    class Config:
        def __init__(self, held):
            self.held = held

    tools = types.SimpleNamespace(
        is_config=lambda value: isinstance(value, Config), to_container=lambda value, resolve: value.held, create=Config
    )
    monkeypatch.setitem(sys.modules, "omegaconf", types.SimpleNamespace(OmegaConf=tools))
    state = cleaned({"hyper_parameters": {"model": Config({"width": np.int64(3)})}})
    assert state["hyper_parameters"] == {"model": {"width": 3}}
    assert restored(state["hyper_parameters"], "hyper_parameters", state[AS])["model"].held == {"width": 3}
