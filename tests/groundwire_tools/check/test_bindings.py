"""What expressions name: chains, annotations, and the arguments behind ``**``."""

import ast
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import of_source

from groundwire_tools.check.bindings import Bindings, keyword, last_name
from groundwire_tools.check.uses import CALL, SOME, SUPER, UNKNOWN, Chain

ROWS = {
    "from a dictionary": ("words = {'gpu': 1}\nTrainer(**words)", [(1, "GW303")]),
    "from dict()": ("words = dict(gpu=1)\nTrainer(**words)", [(1, "GW303")]),
    "from nested ones": ("a = {'gpu': 1}\nb = {**a, 'max_epochs': 2}\nTrainer(**b)", [(1, "GW303")]),
    "from somewhere": ("Trainer(**somewhere())", []),
    "by annotation": ("def run(t: 'pl.Trainer | None'):\n    t.root_card", [(2, "GW307")]),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_found_behind_a_name(name: str, tmp_path: Path) -> None:
    source, expected = ROWS[name]
    assert of_source(tmp_path, source) == expected


def bindings() -> Bindings:
    """Of a method in which ``pl`` is Lightning."""
    names = Bindings()
    names.scope.update({"pl": ("lightning",), "self": ("train", "Lit", CALL), "words": [], "theirs": None})
    names.me = "self"
    return names


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("pl.Trainer().fit", ("lightning", "Trainer", CALL, "fit")),
        ("self.trainer", ("train", "Lit", CALL, "trainer")),
        ("super().fit", ("train", "Lit", CALL, SUPER, "fit")),
        ("words", None),
        ("theirs.fit", None),
        ("nowhere.fit", None),
        ("pl.Trainer[0]", None),
    ],
)
def test_a_chain_begins_with_a_bound_name(text: str, chain: Chain | None) -> None:
    assert bindings().chain(expression(text)) == chain


def test_outside_of_a_method_super_names_nothing() -> None:
    names = bindings()
    names.me = ""
    assert names.chain(expression("super().fit")) is None


@pytest.mark.parametrize(
    "text", ["pl.Trainer", "'pl.Trainer'", "Optional[pl.Trainer]", "t.Optional['pl.Trainer']", "None | pl.Trainer"]
)
def test_an_annotation_names_some_object(text: str) -> None:
    assert bindings().annotated(expression(text)) == ("lightning", "Trainer", SOME)


@pytest.mark.parametrize("text", ["'no name'", "int", "list[pl.Trainer]"])
def test_an_annotation_that_says_nothing_of_the_object(text: str) -> None:
    assert bindings().annotated(expression(text)) is None
    assert bindings().annotated(None) is None


@pytest.mark.parametrize(("text", "bound"), [("pl.Trainer.fit", 1), ("pl.Trainer().fit", 3), ("nowhere.fit", 0)])
def test_what_an_earlier_expression_names_is_bound(text: str, bound: int) -> None:
    assert bindings().bound(expression(text)) == bound


@pytest.mark.parametrize(("text", "value"), [("-1", -1), ("[0, 1]", [0, 1]), ("chosen", UNKNOWN), ("1 + x", UNKNOWN)])
def test_only_a_literal_has_a_value(text: str, value: object) -> None:
    node = expression(text)
    assert keyword("devices", node, node).value == value


def test_the_last_name_stands_behind_the_last_dot() -> None:
    assert [last_name(expression(text)) for text in ("a", "a.b", "a().b", "a()")] == ["a", "b", "b", ""]
