"""The calls that concern Lightning are told from those of the same name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from groundwire_tools.eject.facts import NotPlainError
from groundwire_tools.eject.reading.calls import calls_of, named, trainer_call, trainer_names
from groundwire_tools.eject.reading.script import Script


def script(source: str) -> Script:
    return Script(Path("p.py"), f"import lightning as L\n{source}")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("t = L.Trainer()", {"t"}),
        ("self.t = L.Trainer()", {"self.t"}),
        ("t: L.Trainer = L.Trainer()", {"t"}),
        ("L.Trainer().fit(m)", set()),
        ("if t := L.Trainer(): pass", {"t"}),
    ],
)
def test_a_trainer_is_known_by_what_it_is_assigned_to(source: str, names: set[str]) -> None:
    assert trainer_names(script(source)) == names | {"trainer", "self.trainer"}


def test_there_is_one_trainer() -> None:
    with pytest.raises(NotPlainError, match="not written in this file"):
        trainer_call(script("x = Trainer()"))
    with pytest.raises(NotPlainError, match="several"):
        trainer_call(script("L.Trainer()\nL.Trainer()"))


def test_calls_come_from_the_inside_out() -> None:
    read = script("L.seed_everything(x.log(y.log(1)))\nlog(2)")
    assert [ast.unparse(call) for call in calls_of(read, "log", "seed_everything")] == [
        "y.log(1)",
        "x.log(y.log(1))",
        "L.seed_everything(x.log(y.log(1)))",
    ]
    assert named(read, ast.parse("torch", mode="eval").body) == ""
