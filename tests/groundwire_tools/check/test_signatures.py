"""How a method can be called, beside what its hook is given."""

import ast
import math
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import of_source

from groundwire_tools.check.signatures import method_of, misfit
from groundwire_tools.check.uses import Method

ROWS = {
    "too many": ("class Lit(LightningModule):\n    def training_step(self, b, i, x, y, z): ...", [(2, "GW306")]),
    "as in lightning 1": (
        "class Lit(LightningModule):\n    def training_step(self, b, i, optimizer_idx): ...",
        [(2, "GW106")],
    ),
    "too few": ("class Lit(LightningModule):\n    def on_train_batch_start(self, batch): ...", [(2, "GW306")]),
    "without the index": ("class Lit(LightningModule):\n    def training_step(self, batch): ...", []),
    "with stars": ("class Lit(LightningModule):\n    def training_step(self, *args, **kwargs): ...", []),
    "with defaults": ("class Lit(LightningModule):\n    def training_step(self, b, i=0, extra=None): ...", []),
    "needs a keyword": ("class Lit(LightningModule):\n    def training_step(self, b, *, more): ...", [(2, "GW306")]),
    "without stage": ("class Data(LightningDataModule):\n    def setup(self): ...", [(2, "GW306")]),
    "stage": ("class Data(LightningDataModule):\n    def setup(self, stage=None): ...", []),
    "decorated by who knows what": ("class Lit(LightningModule):\n    @bent\n    def training_step(self): ...", []),
    "decorated by what changes nothing": (
        "class Lit(LightningModule):\n    @torch.no_grad()\n    def validation_step(self): ...",
        [(3, "GW306")],
    ),
    "a callback": ("class Mine(Callback):\n    def on_fit_start(self, trainer): ...", [(2, "GW306")]),
}


@pytest.mark.parametrize("name", ROWS)
def test_whether_a_hook_can_be_called(name: str, tmp_path: Path) -> None:
    source, expected = ROWS[name]
    assert of_source(tmp_path, source) == expected


def method(source: str) -> Method:
    (node,) = ast.parse(source).body
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return method_of(node)


@pytest.mark.parametrize(
    ("arguments", "least", "most", "shown"),
    [
        ("self", 0, 0, ""),
        ("self, a, b=1", 1, 2, "a, b"),
        ("self, a, /, b", 2, 2, "a, b"),
        ("self, a, *more", 1, math.inf, "a, *more"),
        ("self=None, a=1", 0, 1, "a"),
    ],
)
def test_how_many_arguments_a_method_takes(arguments: str, least: int, most: float, shown: str) -> None:
    one = method(f"def f({arguments}): ...")
    assert (one.least, one.most, one.shown) == (least, most, shown)


def test_what_may_and_what_must_be_passed_by_name() -> None:
    one = method("def f(self, a, /, b, *, c, d=1): ...")
    assert (one.takes, one.needs) == ({"b", "c", "d"}, {"c"})
    assert method("def f(self, **more): ...").takes is None


@pytest.mark.parametrize(("source", "column"), [("def f(self): ...", 5), ("async def f(self): ...", 11)])
def test_a_method_stands_at_its_name(source: str, column: int) -> None:
    assert method(source).column == column


@pytest.mark.parametrize(
    ("arguments", "named", "why"),
    [
        ("self, a, b", [], ""),
        ("self, a, b, c", [], "it is passed (batch, batch_idx) and takes (a, b, c)"),
        ("self, a, b, c", ["c"], ""),
        ("self, a, b", ["c"], "it is passed (batch, batch_idx, c=) and does not take c"),
        ("self, a, b, *, d", [], "it is passed (batch, batch_idx) and needs d"),
    ],
)
def test_a_misfit_says_what_is_passed_and_what_is_taken(arguments: str, named: list[str], why: str) -> None:
    assert misfit(method(f"def f({arguments}): ..."), ["batch", "batch_idx"], 2, named) == why
