"""Notebooks: the code of their cells is one program, and everything else stays byte by byte."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.groundwire_tools.fix.programs import fixed

from groundwire_tools.fix.notebooks import (
    Cell,
    Node,
    code_cells,
    fixed_notebook,
    place_in_cell,
    program_of,
    python_of,
)

DUMPS: list[Callable[[object], str]] = [
    json.dumps,
    lambda document: json.dumps(document, indent=1, ensure_ascii=False) + "\n",
    lambda document: json.dumps(document, indent="\t").replace("\n", "\r\n"),
    lambda document: json.dumps(document, separators=(",", ":")),
]


def notebook(*cells: str | list[str]) -> dict[str, object]:
    code = [{"cell_type": "code", "source": cell, "outputs": [{"text": "import lightning as L"}]} for cell in cells]
    return {"cells": [{"cell_type": "markdown", "source": ["import lightning as L"]}, *code], "nbformat": 4}


@pytest.mark.parametrize("dumps", DUMPS)
@pytest.mark.parametrize("form", ["text", "lines"])
def test_code_changes_and_the_document_stays(dumps: Callable[[object], str], form: str) -> None:
    cells = [
        "%matplotlib inline\n!pip install lightning\nimport lightning as L",
        "%%bash\nimport lightning as L",
        "print('é \\ \"', '''\n\t''')\nfrom lightning.pytorch.utilities import rank_zero_only, serve\nx?",
        "L.Trainer(gpus=1)  # é\n",
        "",
        "(",
    ]
    after = [
        cells[0].replace("import lightning", "import groundwire_lightning"),
        cells[1],
        cells[2]
        .replace(", serve", "\nfrom lightning.pytorch.utilities import serve")
        .replace("from lightning.pytorch", "from groundwire_lightning", 1),
        'L.Trainer(accelerator="gpu", devices=1)  # é\n',
        *cells[4:],
    ]
    forms = [text if form == "text" else text.splitlines(keepends=True) for text in cells]
    forms_after = [text if form == "text" else text.splitlines(keepends=True) for text in after]
    assert fixed_notebook(dumps(notebook(*forms)), fixed) == dumps(notebook(*forms_after))


def test_a_line_that_stays_is_written_as_it_was() -> None:
    document = '{"cells": [{"cell_type": "code", "source": ["x = \'\\u00e9\\/\'\\n" , "import lightning as L"]}]}'
    assert fixed_notebook(document, fixed) == document.replace("import lightning", "import groundwire_lightning")
    document = '{"cells": [{"cell_type": "code", "source": "x = \'\\u00e9\\/\\\\n\'\\nimport lightning as L"}]}'
    assert fixed_notebook(document, fixed) == document.replace("import lightning", "import groundwire_lightning")


def test_the_format_of_before_2015_is_read() -> None:
    document = json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": ["import lightning as L"]}]}]})
    assert fixed_notebook(document, fixed) == document.replace("import lightning", "import groundwire_lightning")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.lists(st.text(), max_size=4), st.sampled_from(DUMPS))
def test_cells_are_found_in_any_document(other: object, texts: list[str], dumps: Callable[[object], str]) -> None:
    document = dumps(
        {"metadata": other, "cells": [{"metadata": other, "cell_type": "code", "source": text} for text in texts]}
    )
    cells = code_cells(document)
    assert [cell.text for cell in cells] == texts
    assert [json.loads(document[cell.node.start : cell.node.end]) for cell in cells] == texts
    assert fixed_notebook(document, lambda program: program) == document


def test_a_line_of_the_program_has_its_place_in_a_cell() -> None:
    program = program_of([Cell(2, Node(0, 0), "a\n%b"), Cell(5, Node(0, 0), "c\nd")])
    assert program.hidden == ["%b"]
    lines = program.text.split("\n")
    assert place_in_cell(program.text, lines.index("a") + 1) == (2, 1)
    assert place_in_cell(program.text, lines.index("d") + 1) == (5, 2)
    assert python_of(json.dumps(notebook("a"))).split("\n")[1] == "a"


@pytest.mark.parametrize("document", ["{}", '{"cells": [', "[]", '{"cells": 1}'])
def test_what_is_no_notebook_is_said_so(document: str) -> None:
    with pytest.raises(ValueError, match=r"cells|Expecting"):
        code_cells(document)
