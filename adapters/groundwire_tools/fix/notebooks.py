"""Notebooks, fixed: the code of the cells is one program, and what is no code of theirs stays byte by byte."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from groundwire_tools.check.notebooks import MAGIC, OTHER_LANGUAGES
from groundwire_tools.fix.place import parsed

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\]:,"]+')
_LINES_OF_A_LITERAL = re.compile(r"(?:[^\\]|\\[^n])*\\n|(?:[^\\]|\\[^n])+$")
_CELL = "# groundwire-cell"
_HIDDEN = "pass  # groundwire-hidden"


class Node(NamedTuple):
    """A value of a JSON document.

    Attributes:
        start: Where its text begins.
        end: And ends.
        parts: The values in it; None of one that has none.
    """

    start: int
    end: int
    parts: dict[str, Node] | list[Node] | None = None

    @property
    def keys(self) -> dict[str, Node]:
        """The values in it by their keys."""
        return self.parts if isinstance(self.parts, dict) else {}


class Cell(NamedTuple):
    """A cell with code.

    Attributes:
        number: From 1.
        node: Of its source.
        text: Its source.
    """

    number: int
    node: Node
    text: str


class Program(NamedTuple):
    """The code of a notebook as one program.

    Attributes:
        text: The cells, each below a line with its number; lines that are no Python are hidden in comments.
        hidden: These lines.
    """

    text: str
    hidden: list[str]


def fixed_notebook(document: str, fix: Callable[[str], str]) -> str:
    """A notebook whose code is fixed.

    Args:
        document: Its JSON.
        fix: Of a program.
    """
    cells = _python_cells(document)
    program = program_of(cells)
    texts = _texts_of(fix(program.text), program.hidden)
    for cell in reversed(cells):
        if texts[cell.number] != cell.text:
            node = cell.node
            document = document[: node.start] + _source(document, cell, texts[cell.number]) + document[node.end :]
    return document


# the program


def python_of(document: str) -> str:
    """The code of a notebook as one program."""
    return program_of(_python_cells(document)).text


def _python_cells(document: str) -> list[Cell]:
    return [cell for cell in code_cells(document) if _is_python(cell.text)]


def program_of(cells: list[Cell]) -> Program:
    """The code of cells as one program."""
    hidden: list[str] = []
    parts = []
    for cell in cells:
        lines = [f"{_CELL} {cell.number}"]
        for line in cell.text.split("\n"):
            if magic := MAGIC.match(line):
                lines.append(f"{magic[1]}{_HIDDEN} {len(hidden)}")
                hidden.append(line)
            else:
                lines.append(line)
        parts.append("\n".join(lines))
    return Program("\n".join([*parts, ""]), hidden)


def _texts_of(text: str, hidden: list[str]) -> dict[int, str]:
    shown = re.sub(rf"[ \t]*{_HIDDEN} (\d+)", lambda match: hidden[int(match[1])], text)
    parts = re.split(rf"^{_CELL} (\d+)\n", shown, flags=re.MULTILINE)
    return {int(number): code.removesuffix("\n") for number, code in zip(parts[1::2], parts[2::2], strict=True)}


def _is_python(text: str) -> bool:
    if OTHER_LANGUAGES.match(text.lstrip()):
        return False
    try:
        parsed(program_of([Cell(0, Node(0, 0), text)]).text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def place_in_cell(program: str, line: int) -> tuple[int, int]:
    """The cell of a line, and the line in it."""
    above = program.split("\n")[:line]
    start = max(place for place, text in enumerate(above, 1) if text.startswith(_CELL))
    return int(above[start - 1].rpartition(" ")[2]), line - start


# the document


def code_cells(document: str) -> list[Cell]:
    """The cells with code.

    Args:
        document: The JSON of a notebook.

    Raises:
        ValueError: It is none.
    """
    json.loads(document)
    root = _node(_TOKEN.finditer(document))
    sheets = root.keys["worksheets"].parts if "worksheets" in root.keys else None  # the format of before 2015
    root = sheets[0] if isinstance(sheets, list) and sheets else root
    listed = root.keys["cells"].parts if "cells" in root.keys else None
    if not isinstance(listed, list):
        raise ValueError("it has no cells")
    cells = []
    for number, cell in enumerate(listed, 1):
        node = cell.keys.get("source", cell.keys.get("input"))
        if node is not None and "cell_type" in cell.keys and _loaded(document, cell.keys["cell_type"]) == "code":
            value = _loaded(document, node)
            cells.append(Cell(number, node, "".join(map(str, value)) if isinstance(value, list) else str(value)))
    return cells


def _loaded(document: str, node: Node) -> Any:
    return json.loads(document[node.start : node.end])


def _node(tokens: Iterator[re.Match[str]], first: re.Match[str] | None = None) -> Node:
    first = first or next(tokens)
    if first[0] not in "{[":
        return Node(first.start(), first.end())
    parts: list[Node] = []
    keys: list[str] = []
    for token in tokens:
        if token[0] in "}]":
            return Node(first.start(), token.end(), dict(zip(keys, parts, strict=True)) if first[0] == "{" else parts)
        if first[0] == "{" and len(keys) == len(parts):
            keys.append(json.loads(token[0]))
        else:
            parts.append(_node(tokens, token))
    raise ValueError("it ends too early")


def _source(document: str, cell: Cell, text: str) -> str:
    """The source of a cell in JSON: a line that was there is written as it was."""
    node = cell.node
    old, new = cell.text.splitlines(keepends=True), text.splitlines(keepends=True)
    if isinstance(node.parts, list):
        spans = [(part.start, part.end) for part in node.parts]
        literals = [document[start + 1 : end - 1] for start, end in spans]
        is_line_each = [_loaded(document, part) for part in node.parts] == old
        before, behind = document[node.start : spans[0][0]], document[spans[-1][1] : node.end]
        between = document[spans[0][1] : spans[1][0]] if len(spans) > 1 else f",{before[1:]}"
        start, between, end = f'{before}"', f'"{between}"', f'"{behind}'
    else:
        literals = _LINES_OF_A_LITERAL.findall(document[node.start + 1 : node.end - 1])
        is_line_each = len(literals) == len(old)
        start, between, end = '"', "", '"'
    as_written = dict(zip(old, literals, strict=True)) if is_line_each else {}
    written = (as_written.get(line) or json.dumps(line, ensure_ascii=document.isascii())[1:-1] for line in new)
    return start + between.join(written) + end
