"""A script is read by what its names mean, and edits leave all else as it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from groundwire_tools.eject.facts import NotPlainError
from groundwire_tools.eject.reading.script import Script, foreign_import


def script(source: str) -> Script:
    return Script(Path("p.py"), source)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import lightning as L\nL.Trainer()", ["Trainer"]),
        ("import lightning.pytorch\nlightning.pytorch.callbacks.EarlyStopping('x')", ["EarlyStopping"]),
        ("import pytorch_lightning as pl\npl.LightningModule.load_from_checkpoint('x')", ["LightningModule"]),
        ("from lightning.pytorch import Trainer as T, callbacks as c\nT(c.Timer())", ["Trainer", "Timer"]),
        ("from lightning import seed_everything\nseed_everything(1)", ["seed_everything"]),
        ("import groundwire_lightning as L\nL.Callback", ["Callback"]),
        ("import torch\ntorch.nn.Module", []),
        ("import lightning as L, torch\ntorch.nn.Module, L.Trainer", ["Trainer"]),
        ("import mylightning as L\nL.Trainer", []),
    ],
)
def test_references_are_the_names_of_lightning(source: str, names: list[str]) -> None:
    assert sorted(name for _, name in script(source).references()) == sorted(names)


@pytest.mark.parametrize(
    ("source", "line", "why"),
    [
        ("import os\nfrom lightning import *", 2, "star import"),
        ("try:\n    import lightning\nexcept ImportError:\n    pass", 2, "within try"),
    ],
)
def test_an_import_that_cannot_be_taken_out_is_refused(source: str, line: int, why: str) -> None:
    with pytest.raises(NotPlainError, match=rf"p\.py:{line}: .*{why}"):
        script(source)


def test_an_edit_keeps_what_is_around_it_and_counts_characters() -> None:
    text = 'a = "é", L.B  # ü\n\n\nc = L.B\n'
    read = script("import lightning as L\n" + text)
    for node, name in read.references():
        read.replace(node, name)
    assert read.whole(1) == text.replace("L.B", "B")


def test_a_statement_goes_with_its_line_and_a_body_keeps_one() -> None:
    read = script("def f():\n    a = 1  # one\n    b = 2\n\ndef g():\n    c = 3\n")
    assert isinstance(read.tree.body[0], ast.FunctionDef)
    assert isinstance(read.tree.body[1], ast.FunctionDef)
    read.remove(read.tree.body[0].body[0])
    read.remove(read.tree.body[1].body[0])
    assert read.whole() == "def f():\n    b = 2\n\ndef g():\n    pass\n"


def test_a_call_is_rebuilt_with_the_arguments_that_stay() -> None:
    read = script("x = call(\n    one,\n    two=2,\n    three=[3],\n)\n")
    call = next(node for node in ast.walk(read.tree) if isinstance(node, ast.Call))
    read.rebuild(call, [*call.args, call.keywords[1]])
    assert read.whole() == "x = call(one, three=[3])\n"


def test_a_place_is_told_by_file_and_line() -> None:
    read = script("a\nb\n")
    assert str(read.refused(read.tree.body[1], "why")) == "p.py:2: why"


def test_modules_are_known_by_their_bases_however_deep() -> None:
    source = "import lightning as L\nclass A(L.LightningModule): pass\nclass B(A): x = self.y\nclass C: z = self.y\n"
    read = script(source)
    assert {cls.name for cls in read.modules} == {"A", "B"}
    reads = {node.lineno: read.is_in_module(node) for node in ast.walk(read.tree) if isinstance(node, ast.Name)}
    assert reads == {2: True, 3: True, 4: False}


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (b"import torch\nimport lightning.fabric", 2),
        (b"import torch", 0),
        (b"def (", 0),
        (b"from .lightning import x", 0),
    ],
)
def test_a_file_tells_where_it_imports_lightning(source: bytes, line: int) -> None:
    assert foreign_import(source) == line
