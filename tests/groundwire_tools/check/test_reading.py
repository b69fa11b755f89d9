"""Programs of every kind, whole and broken; none makes the check fail."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.groundwire_tools.check.projects import IMPORTS, check, codes

from groundwire_tools.check.files import File
from groundwire_tools.check.follow import Names
from groundwire_tools.check.judge import verdicts
from groundwire_tools.check.project import Project
from groundwire_tools.check.reading import scan


@pytest.mark.parametrize(
    "content",
    [
        b"import lightning\ndef (",
        b"import lightning\n\0",
        b"# -*- coding: no-such-thing -*-\nimport lightning",
        b"import lightning\nx = '\xff'",
        b"import lightning\nx = " + b"(" * 500 + b")" * 500,
        b"import lightning\nx = " + b"-" * 100_000 + b"1",
    ],
    ids=["syntax", "null", "coding", "utf-8", "parentheses", "deep"],
)
def test_what_is_no_python_is_a_finding(content: bytes, tmp_path: Path) -> None:
    report = check(tmp_path, {"a.py": content})
    assert set(codes(report)) == {"GW001"}
    assert report.will_it_run == "yes, but"


@pytest.mark.parametrize(
    "content",
    [
        "# -*- coding: latin-1 -*-\n# \xe9\nimport lightning\nlightning.Trainer(gpu=1)".encode("latin-1"),
        "\ufeffimport lightning\n# \n\nlightning.Trainer(gpu=1)".encode(),
        b"import lightning\r\n\r\n\r\nlightning.Trainer(gpu=1)\r\n",
        b"import lightning\n\nx = '\\d'\nlightning.Trainer(gpu=1)",
    ],
    ids=["latin-1", "mark", "windows", "escape"],
)
def test_encodings_and_ends_of_lines_are_read(content: bytes, tmp_path: Path) -> None:
    assert [(one.line, one.code) for one in check(tmp_path, {"a.py": content}).findings] == [(4, "GW303")]


# whatever Python there is


def walked(source: str | bytes) -> None:
    """Look at a program as if all its names were Lightning's to tell."""
    content = source if isinstance(source, bytes) else source.encode()
    one = scan(File(Path("a.py"), ("a",), content))
    classes = Project()
    classes.add(one)
    verdicts(one, Names(classes))


STANDARD = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[::4]


def test_the_standard_library_is_walked_through() -> None:
    for path in STANDARD:
        walked(IMPORTS.encode() + path.read_bytes())


PIECES = (
    "x",
    "pl",
    "Trainer",
    "LightningModule",
    "self",
    "super()",
    "pl.Trainer",
    "Trainer()",
    "x.y",
    "x[0]",
    "{}",
    "{'gpu': 1}",
    "1",
)
EXPRESSIONS = st.recursive(
    st.sampled_from(PIECES),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]})({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]})(gpu={two[1]}, **{two[1]})"),
        inner.map(lambda one: f"({one}).trainer"),
        inner.map(lambda one: f"[{one} for x in {one}]"),
        inner.map(lambda one: f"(lambda x=({one}): {one})"),
        inner.map(lambda one: f"({one} if {one} else (pl := {one}))"),
    ),
    max_leaves=6,
)
STATEMENTS = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from(("x", "x.y", "x[0]", "x, pl", "self.x", "*x, pl", "Trainer")), EXPRESSIONS).map(
            " = ".join
        ),
        EXPRESSIONS,
        EXPRESSIONS.map(lambda one: f"del ({one}).x"),
        EXPRESSIONS.map(lambda one: f"x: {one!r} = {one}"),
        st.sampled_from(
            ("import lightning.x as x", "from . import x", "from ....a import *", "from lightning import *")
        ),
    ),
    lambda inner: st.tuples(
        st.sampled_from(
            ("class x(x, Trainer):", "def x(self, x: 'Trainer', *y, **z):", "if x:", "try:", "@x\nclass x:")
        ),
        inner,
    ).map(
        lambda two: (
            f"{two[0]}\n"
            + "\n".join(f" {line}" for line in two[1].split("\n"))
            + ("\nexcept x: ..." if two[0] == "try:" else "")
        )
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STATEMENTS, max_size=5).map("\n".join))
def test_no_program_makes_the_check_fail(source: str) -> None:
    ast.parse(source)  # it is one
    walked(IMPORTS + source)
