"""Notebooks, whole and broken: their cells are one program."""

import json
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import check, codes

from groundwire_tools.check.report import Report


def notebook(*cells: str, **more: object) -> str:
    listed = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "import lightning!"}, *listed], **more})


def places(report: Report) -> list[tuple[int | None, int, str]]:
    return [(one.cell, one.line, one.code) for one in report.findings]


def test_the_cells_of_a_notebook_are_one_program(tmp_path: Path) -> None:
    text = notebook("%matplotlib inline\n!pip install lightning\nimport lightning as L", "x = 1\nL.Trainer(gpu=1)")
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
    text = notebook("import lightning as L", magic, "L.Trainer(gpu=1)")
    assert places(check(tmp_path, {"a.ipynb": text})) == [(4, 1, "GW303")]


def test_what_stands_below_a_magic_of_time_is_looked_at(tmp_path: Path) -> None:
    text = notebook("import lightning as L", "%%time\nL.Trainer(gpu=1)")
    assert places(check(tmp_path, {"a.ipynb": text})) == [(3, 2, "GW303")]


def test_a_cell_that_is_no_python_is_named_and_the_others_are_looked_at(tmp_path: Path) -> None:
    text = notebook("import lightning as L", "\n\ndef (", "L.Trainer(gpu=1)")
    assert places(check(tmp_path, {"a.ipynb": text})) == [(3, 3, "GW001"), (4, 1, "GW303")]


@pytest.mark.parametrize(
    "content", ["lightning", '["lightning"]', '{"cells": 1, "a": "lightning"}', '{"lightning": {}}', "\xff lightning"]
)
def test_what_is_no_notebook_is_named(content: str, tmp_path: Path) -> None:
    assert codes(check(tmp_path, {"a.ipynb": content.encode("latin-1")})) == ["GW001"]


def test_notebooks_of_before_2015_are_read(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "input": ["import lightning as L\n", "L.Trainer(gpu=1)"]}
    assert places(check(tmp_path, {"a.ipynb": json.dumps({"worksheets": [{"cells": [cell]}]})})) == [(1, 2, "GW303")]
