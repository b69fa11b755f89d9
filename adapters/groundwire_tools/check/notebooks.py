"""Notebooks to Python: the code of all cells as one source, magics left out, and which line is in which cell."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from groundwire_tools.check.uses import Broken

OTHER_LANGUAGES = re.compile(r"%%(?!time\b|timeit\b|capture\b|prun\b|python3?\b)")
MAGIC = re.compile(r"^(\s*)(?:[%!?]|\w[\w.]*\?{1,2}\s*$|[\w, ]+ = [!%])")


class Notebook(NamedTuple):
    """What a notebook holds.

    Attributes:
        source: The code of its cells, one after the other.
        cells: Line of the source to cell and line in it.
        broken: Cells that are no Python; they are left out.
    """

    source: str
    cells: dict[int, tuple[int, int]]
    broken: list[Broken]


def notebook_of(content: bytes) -> Notebook:
    """The code of a notebook.

    Args:
        content: Of the file.

    Raises:
        ValueError: It is no notebook.
    """
    lines: list[str] = []
    cells: dict[int, tuple[int, int]] = {}
    broken: list[Broken] = []
    for number, text in _code_cells(content):
        own = _without_magics(text)
        try:
            ast.parse("\n".join(own))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            why, at = getattr(error, "msg", None) or str(error), getattr(error, "lineno", None) or 1
            cells[len(lines) + 1] = number, at
            broken.append(Broken(len(lines) + 1, 1, f"cell {number} is no Python: {why}"))
            lines.append("")
            continue
        cells.update({len(lines) + place: (number, place) for place in range(1, len(own) + 1)})
        lines += own
    return Notebook("\n".join(lines), cells, broken)


def _code_cells(content: bytes) -> Iterator[tuple[int, str]]:
    """Number and text of each."""
    document = json.loads(content)
    cells = document.get("cells") if isinstance(document, dict) else None
    if cells is None and isinstance(document, dict):  # the format of before 2015
        sheets = document.get("worksheets") or [{}]
        cells = sheets[0].get("cells") if isinstance(sheets, list) and isinstance(sheets[0], dict) else None
    if not isinstance(cells, list):
        raise ValueError("it has no cells")
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            text = cell.get("source", cell.get("input", ""))
            yield number, "".join(map(str, text)) if isinstance(text, list) else str(text)


def _without_magics(text: str) -> list[str]:
    """The lines of a cell, as many as they were."""
    lines = text.split("\n")
    if OTHER_LANGUAGES.match(text.lstrip()):
        return [""] * len(lines)
    return [MAGIC.sub(r"\1pass  # ", line, count=1) if MAGIC.match(line) else line for line in lines]
