"""Files of every kind, whole and broken: notebooks, configurations, encodings, links; none makes the check fail."""

from __future__ import annotations

import ast
import json
import os
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.groundwire_tools.projects import IMPORTS, check, codes, project

from groundwire_tools.check.files import File, files_of
from groundwire_tools.check.follow import Names
from groundwire_tools.check.judge import verdicts
from groundwire_tools.check.project import Project
from groundwire_tools.check.reading import scan
from groundwire_tools.check.report import Report, checked


def notebook(*cells: str, **more: object) -> str:
    listed = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "import lightning!"}, *listed], **more})


def places(report: Report) -> list[tuple[int | None, int, str]]:
    return [(one.cell, one.line, one.code) for one in report.findings]


# notebooks


def test_the_cells_of_a_notebook_are_one_program(tmp_path: Path) -> None:
    text = notebook("%matplotlib inline\n!pip install lightning\nimport lightning as L", "x = 1\nL.Trainer(gpus=1)")
    assert places(check(tmp_path, {"a.ipynb": text})) == [(3, 2, "GW303")]


@pytest.mark.parametrize(
    "magic",
    [
        "%load_ext tensorboard",
        "!ls $HOME",
        "files = !ls",
        "out = %timeit -o 1",
        "L.Trainer?",
        "L.Trainer??",
        "if True:\n    %time x = 1",
        "%%bash\nls |",
        "%%html\n<b>",
        "%%time\nx = 1",
        "  %%bash\nls",
    ],
)
def test_magics_are_left_out(magic: str, tmp_path: Path) -> None:
    text = notebook("import lightning as L", magic, "L.Trainer(gpus=1)")
    assert places(check(tmp_path, {"a.ipynb": text})) == [(4, 1, "GW303")]


def test_what_stands_below_a_magic_of_time_is_looked_at(tmp_path: Path) -> None:
    text = notebook("import lightning as L", "%%time\nL.Trainer(gpus=1)")
    assert places(check(tmp_path, {"a.ipynb": text})) == [(3, 2, "GW303")]


def test_a_cell_that_is_no_python_is_named_and_the_others_are_looked_at(tmp_path: Path) -> None:
    text = notebook("import lightning as L", "\n\ndef (", "L.Trainer(gpus=1)")
    assert places(check(tmp_path, {"a.ipynb": text})) == [(3, 3, "GW001"), (4, 1, "GW303")]


@pytest.mark.parametrize(
    "content", ["lightning", '["lightning"]', '{"cells": 1, "a": "lightning"}', '{"lightning": {}}', "\xff lightning"]
)
def test_what_is_no_notebook_is_named(content: str, tmp_path: Path) -> None:
    assert codes(check(tmp_path, {"a.ipynb": content.encode("latin-1")})) == ["GW001"]


def test_notebooks_of_before_2015_are_read(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "input": ["import lightning as L\n", "L.Trainer(gpus=1)"]}
    assert places(check(tmp_path, {"a.ipynb": json.dumps({"worksheets": [{"cells": [cell]}]})})) == [(1, 2, "GW303")]


# configurations

CONFIGS = {
    "Hydra": ("t:\n  _target_: pytorch_lightning.Trainer\n  gpus: 1", [(3, "GW303")]),
    "Hydra, fine": ("t:\n  _target_: lightning.Trainer\n  _convert_: all\n  max_epochs: ${epochs}", []),
    "Hydra, a class that is not here": ("_target_: lightning.pytorch.loggers.NeptuneLogger", [(1, "GW308")]),
    "Hydra, a path that is not here": ("_target_: pytorch_lightning.lite.LightningLite", [(1, "GW301")]),
    "Hydra, of a list": ("c:\n- _target_: lightning.pytorch.callbacks.Timer\n  durations: 1", [(3, "GW303")]),
    "Hydra, of somebody else": ("_target_: torch.optim.Adam\nlightning: yes", []),
    "a command line": (
        """\
trainer:
  max_epochs: 1
  devices: 2
  callbacks:
  - class_path: lightning.pytorch.callbacks.Timer
    init_args:
      durations: 1
""",
        [(3, "GW203"), (7, "GW303")],
    ),
    "a trainer of somebody else": ("trainer:\n  name: mine\n  power: 3\nlightning: yes", []),
    "a strategy by name": ("trainer:\n  strategy: fsdp\n  max_epochs: 1", [(2, "GW304")]),
    "an alias that leads round": ("a: &a\n  _target_: lightning.Trainer\n  gpus: 1\n  callbacks: *a", [(3, "GW303")]),
    "tags of their own": ("a: !mine\n  _target_: lightning.Trainer\n  gpus: 1", [(3, "GW303")]),
    "several documents": ("a: 1\n---\n_target_: lightning.Trainer\ngpus: 1", [(4, "GW303")]),
    "no YAML": ("lightning: [", [(2, "GW001")]),
    "silenced": ("_target_: lightning.Trainer\ngpus: 1  # groundwire: ignore[GW303]", []),
    "empty": ("# lightning", []),
}


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("suffix", ["yaml", "yml"])
def test_what_is_found_in_a_configuration(name: str, suffix: str, tmp_path: Path) -> None:
    text, expected = CONFIGS[name]
    assert [(one.line, one.code) for one in check(tmp_path, {f"a.{suffix}": text}).findings] == expected


# files


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
        "# -*- coding: latin-1 -*-\n# \xe9\nimport lightning\nlightning.Trainer(gpus=1)".encode("latin-1"),
        "\ufeffimport lightning\n# \n\nlightning.Trainer(gpus=1)".encode(),
        b"import lightning\r\n\r\n\r\nlightning.Trainer(gpus=1)\r\n",
        b"import lightning\n\nx = '\\d'\nlightning.Trainer(gpus=1)",
    ],
    ids=["latin-1", "mark", "windows", "escape"],
)
def test_encodings_and_ends_of_lines_are_read(content: bytes, tmp_path: Path) -> None:
    assert [(one.line, one.code) for one in check(tmp_path, {"a.py": content}).findings] == [(4, "GW303")]


def test_a_file_is_looked_at_once_whatever_leads_to_it(tmp_path: Path) -> None:
    project(tmp_path, {"a.py": "import lightning.pytorch.serve"})
    (tmp_path / "b.py").symlink_to("a.py")
    (tmp_path / "round").symlink_to(tmp_path)
    report = checked([tmp_path, tmp_path / "a.py", tmp_path / "b.py"])
    assert (report.files, codes(report)) == (1, ["GW301"])


def test_a_link_to_nowhere_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to("gone.py")
    assert codes(checked([tmp_path])) == ["GW001"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    assert codes(checked([tmp_path])) == ["GW001"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may read everything can read it")
def test_a_file_that_may_not_be_read_is_a_finding(tmp_path: Path) -> None:
    project(tmp_path, {"a.py": "import lightning"})
    (tmp_path / "a.py").chmod(0)
    assert codes(checked([tmp_path])) == ["GW001"]


@pytest.mark.parametrize("folder", [".git", "__pycache__", "site-packages", "node_modules", "env"])
def test_folders_of_others_are_left_out(folder: str, tmp_path: Path) -> None:
    files = {f"{folder}/a.py": "import lightning", "env/pyvenv.cfg": "", "b.py": "", "c.txt": "import lightning"}
    assert [file.path.name for file in files_of([project(tmp_path, files)])] == ["b.py"]


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
    "{'gpus': 1}",
    "1",
)
EXPRESSIONS = st.recursive(
    st.sampled_from(PIECES),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]})({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]})(gpus={two[1]}, **{two[1]})"),
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
