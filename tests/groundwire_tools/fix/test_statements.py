"""Import statements: names go where they are, and comments, parentheses and lines stay."""

from __future__ import annotations

import libcst as cst
import pytest

from groundwire_tools.fix.statements import Target, dotted, rewritten_from, rewritten_import


@pytest.mark.parametrize(
    ("source", "targets", "statements"),
    [
        ("import a as x", [Target("b.c", "x")], ["import b.c as x"]),
        ("import a.b", [Target("c.d", "c")], ["import c.d"]),
        ("import a", [Target("c", "a")], ["import c as a"]),
        ("import a, os", [Target("c", "c"), None], ["import c, os"]),
        ("import a, a.b", [Target("c", "a"), Target("c", "a")], ["import c as a"]),
        ("import a,  b  as  x", [None, Target("c", "x")], ["import a,  c  as  x"]),
    ],
)
def test_an_import(source: str, targets: list[Target | None], statements: list[str]) -> None:
    assert rewritten_import(source, targets) == statements


@pytest.mark.parametrize(
    ("source", "targets", "statements"),
    [
        ("from a import b", [Target("c.b", "b")], ["from c import b"]),
        ("from a import b", [Target("c.d", "b")], ["from c import d as b"]),
        ("from a import b as x", [Target("c.d", "x")], ["from c import d as x"]),
        ("from a import b", [Target("c", "b")], ["import c as b"]),
        ("from a import c", [Target("c", "c")], ["import c"]),
        ("from a import b, d", [Target("c.b", "b"), None], ["from c import b", "from a import d"]),
        ("from a import (b, d)", [None, Target("c.d", "d")], ["from a import (b)", "from c import (d)"]),
        ("from a import b, d, e", [Target("c.b", "b"), None, Target("c.e", "e")],
         ["from c import b, e", "from a import d"]),
        ("from a import (\n  b, # of b\n  d, # of d\n)", [Target("c.b", "b"), None],
         ["from c import (\n  b, # of b\n)", "from a import (\n  d, # of d\n)"]),
        ("from a import (\n  b,\n  d # of d\n)", [Target("c.b", "b"), None],
         ["from c import (\n  b\n)", "from a import (\n  d # of d\n)"]),
        ("from a import b, \\\n  d", [Target("c.b", "b"), Target("c.d", "d")], ["from c import b, \\\n  d"]),
    ],
)  # fmt: skip
def test_a_from_import(source: str, targets: list[Target | None], statements: list[str]) -> None:
    assert rewritten_from(source, targets) == statements


def test_all_names_of_a_module() -> None:
    assert rewritten_from("from a  import *", [None], "b.c") == ["from b.c  import *"]


def test_a_dotted_name_as_a_node() -> None:
    assert cst.Module(body=[]).code_for_node(dotted("a.b.c")) == "a.b.c"
