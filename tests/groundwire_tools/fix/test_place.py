"""Places: nodes are found where the check says that names are used."""

from __future__ import annotations

import ast

import pytest
from tests.groundwire_tools.fix.programs import place

from groundwire_tools.fix.place import root_of, spot_of


def test_uses_and_nodes_have_one_place() -> None:
    program = place(
        """
        import lightning as L
        trainer = (L
            .Trainer(max_epochs=1)
            .fit(1))
        """
    )
    calls = [use for use in program.uses if use.kind == "call"]
    ends = {
        use.chain[-1]: program.text.of(program.calls[use.line, use.column].func)[-len(use.chain[-1]) :] for use in calls
    }
    assert ends == {"Trainer": "Trainer", "fit": "fit"}


@pytest.mark.parametrize(
    ("comment", "code", "is_ignored"),
    [
        ("# groundwire: ignore", "", True),
        ("# groundwire: ignore", "GW303", True),
        ("# groundwire: ignore[GW303]", "GW303", True),
        ("# groundwire: ignore[GW303]", "", False),
        ("# groundwire: ignore[GW201]", "GW303", False),
        ("# else", "", False),
    ],
)
def test_a_comment_keeps_a_line(comment: str, code: str, is_ignored: bool) -> None:
    program = place(f"f(\n  1) {comment}\n")
    (call,) = program.of_type(ast.Call)
    assert program.is_ignored(call, code) is is_ignored


def test_the_name_that_a_dotted_one_begins_with() -> None:
    node = ast.parse("a.b.c", mode="eval").body
    root = root_of(node)
    assert root is not None
    assert root.id == "a"
    assert spot_of(node) == (1, 5)
    assert root_of(ast.parse("f().b", mode="eval").body) is None
