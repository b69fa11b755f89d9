"""What has one new spelling: the old is gone from Lightning 2, the new is here."""

from __future__ import annotations

import ast
import importlib
import inspect
from importlib.util import find_spec

import pytest

import groundwire_lightning as L
from groundwire_lightning.trainer.arguments import ARGUMENTS as TODAY
from groundwire_lightning.trainer.retired import RETIRED_ARGUMENTS, RETIRED_NAMES
from groundwire_lightning.utilities import respelled


@pytest.mark.parametrize(("old", "new"), respelled.moved().items())
def test_what_moved_is_gone_from_lightning_and_here_under_its_new_name(old: str, new: str) -> None:
    def is_there(path: str) -> bool:
        module, _, name = path.rpartition(".")
        try:
            return hasattr(importlib.import_module(module), name) or find_spec(path) is not None
        except ImportError:
            return False

    assert not is_there(old)
    assert is_there(new)
    assert is_there(new.replace("lightning", "groundwire_lightning", 1))


def written(row: dict[str, str]) -> set[str]:
    calls = (ast.parse(f"f({text.format('0')})", mode="eval").body for text in row.values())
    return {str(word.arg) for call in calls if isinstance(call, ast.Call) for word in call.keywords}


@pytest.mark.parametrize(("old", "row"), respelled.ARGUMENTS["Trainer"].items())
def test_an_argument_of_the_trainer_was_one_and_becomes_one(old: str, row: dict[str, str]) -> None:
    today = {one.name for one in TODAY}
    assert old in RETIRED_ARGUMENTS or old in today
    assert written(row) <= today


@pytest.mark.parametrize("method", ["fit", "validate", "test"])
def test_an_argument_of_a_method_becomes_one_that_it_takes(method: str) -> None:
    row = respelled.ARGUMENTS[f"Trainer.{method}"]
    takes = inspect.signature(getattr(L.Trainer, method)).parameters
    assert {name for one in row.values() for name in written(one)} <= set(takes)
    assert not set(row) & set(takes)


def test_an_attribute_is_retired_and_its_new_name_is_there() -> None:
    assert set(respelled.ATTRIBUTES) <= set(RETIRED_NAMES)
    trainer = L.Trainer(logger=False, enable_checkpointing=False)
    assert all(hasattr(trainer, name) for name in respelled.ATTRIBUTES.values())
