"""What the walk over a file binds and sees: imports, statements, guards, bodies."""

import ast
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import of_source

from groundwire_tools.check.scan import Scan
from groundwire_tools.check.uses import CALL, Chain, Scanned

ROWS = {
    # guards
    "under a try": ("try:\n    import lightning.pytorch.serve\nexcept ImportError:\n    pass", [(2, "GW103")]),
    "under a try that does not help": (
        "try:\n    import lightning.pytorch.serve\nexcept ValueError:\n    pass",
        [(2, "GW301")],
    ),
    "for types": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lightning.pytorch.serve",
        [(3, "GW103")],
    ),
    # what is bound
    "all of a module": ("from lightning.pytorch.callbacks import *\nTimer(durations=3)", [(2, "GW303")]),
    "in a function, which comes later": ("def run():\n    return t.root_card\nt = Trainer()", [(2, "GW307")]),
    "from a dictionary that grows": ("words = {}\nwords['gpu'] = 1\nTrainer(**words)", [(2, "GW303")]),
    "from one that is updated": ("words = {}\nwords.update(gpu=1)\nTrainer(**words)", [(2, "GW303")]),
    "by what self holds": (
        "class Runs:\n    def __init__(self):\n        self.t = Trainer()\n    def go(self):\n        self.t.root_card",
        [(5, "GW307")],
    ),
    "a name that is bound anew": ("Trainer = other\nTrainer(gpu=1).root_card", []),
    "of a loop": ("t = Trainer()\nfor t in others:\n    t.root_card", []),
    "of a comprehension": ("t = Trainer()\n[t.root_card for t in others]", []),
    "of a lambda": ("t = Trainer()\nlambda t: t.root_card", []),
    "of a with": ("with Trainer() as t:\n    t.root_card", [(2, "GW307")]),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_found_where_a_name_is_bound(name: str, tmp_path: Path) -> None:
    source, expected = ROWS[name]
    assert of_source(tmp_path, source) == expected


def scanned(source: str, module: Chain = ("pkg", "train"), is_package: bool = False) -> Scanned:
    filled = Scanned("train.py")
    Scan(filled, module, is_package).run(ast.parse(source))
    return filled


@pytest.mark.parametrize(
    ("source", "chain"),
    [
        ("from . import base", ("pkg", "base")),
        ("from .base import Base", ("pkg", "base", "Base")),
        ("from ..other import Base", ("other", "Base")),
    ],
)
def test_a_relative_import_begins_at_the_package(source: str, chain: Chain) -> None:
    assert [use.chain for use in scanned(source).uses] == [chain]


def test_a_package_is_its_own_package() -> None:
    assert scanned("from .base import Base", ("pkg",), is_package=True).uses[0].chain == ("pkg", "base", "Base")


def test_a_class_has_its_methods_and_what_self_is_given() -> None:
    source = "import a\nclass A(a.B):\n    x = 1\n    def f(self):\n        self.t = a.T()\n        def g(): ..."
    (record,) = scanned(source).classes
    assert (record.chain, record.bases) == (("pkg", "train", "A"), (("a", "B"),))
    assert list(record.methods) == ["f"]
    assert record.values == {"x": (), "t": ("a", "T", CALL)}


def test_a_use_over_several_lines_stands_at_its_last_name() -> None:
    use = scanned("import a\n(a\n .b)").uses[-1]
    assert (use.chain, use.line, use.column) == (("a", "b"), 3, 3)


def test_the_most_common_roots_are_left_out() -> None:
    assert scanned("import os\nos.path.join('a')").uses == []
