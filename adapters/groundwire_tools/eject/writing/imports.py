"""The import lines of a written program: those of the script without Lightning's, and those that the loop needs."""

from __future__ import annotations

import ast
import re
import sys

NEEDED = {
    "import math": r"\bmath\.",
    "import random": r"(?<![\w.])random\.(seed|getstate|setstate)\(",
    "from collections.abc import Iterable, Iterator": r"\bIterable\[Any\]",
    "from functools import partial": r"\bpartial\(self",
    "from itertools import count": r"\bin count\(",
    "from itertools import islice": r"\bislice\(",
    "from pathlib import Path": r"\bPath\(",
    "from types import SimpleNamespace": r"\bSimpleNamespace\(",
    "from typing import Any": r"\bAny\b",
    "import numpy as np": r"\bnp\.random\.(seed|get_state|set_state)\(",
    "import torch": r"\btorch\.",
    "import torchmetrics": r"\btorchmetrics\.Metric\b",
}
"""Import lines, each with what needs it."""


def with_imports(header: str, code: str, script_binds: frozenset[str]) -> str:
    """The import lines of a script, with those that the rest of the program needs.

    Args:
        header: The script's own, as they are edited.
        code: The rest of the program.
        script_binds: Names that these bind.
    """
    lines = [line for line, pattern in NEEDED.items() if re.search(pattern, code) and not _binds(line) <= script_binds]
    sections: dict[int, list[ast.stmt]] = {}
    mine = [statement for line in lines for statement in ast.parse(line).body]
    blocks = _blocks(header)
    for statement in mine:
        sections.setdefault(_section(statement), []).append(statement)
    for section, statements in sections.items():
        home = next((block for block in blocks if _section_of(block) == section), None)
        if home is None:
            home = []
            later = [index for index, block in enumerate(blocks) if _section_of(block) > section]
            blocks.insert(later[0] if later else len(blocks), home)
        for statement in statements:
            _insert(home, statement)
    return "\n\n".join("\n".join(block) for block in blocks)


def _blocks(header: str) -> list[list[str]]:
    """The import statements of each part between two empty lines, as text."""
    return [_statements(part) for part in re.split(r"\n\s*\n", header.strip("\n")) if part.strip()]


def _statements(part: str) -> list[str]:
    lines = part.splitlines()
    starts = [node.lineno - 1 for node in ast.parse(part).body]
    ends = [*starts[1:], len(lines)]
    comments = ["\n".join(lines[: starts[0]])] if starts and starts[0] else []
    return [*comments, *("\n".join(lines[first:last]) for first, last in zip(starts, ends, strict=True))]


def _binds(line: str) -> set[str]:
    return {alias.asname or alias.name for node in ast.parse(line).body for alias in getattr(node, "names", ())}


def _root(statement: ast.stmt) -> str:
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").partition(".")[0]
    return statement.names[0].name.partition(".")[0] if isinstance(statement, ast.Import) else ""


def _section(statement: ast.stmt) -> int:
    """0 for ``__future__``, 1 for the standard library, 2 for all else."""
    root = _root(statement)
    return 0 if root == "__future__" else 1 if root in sys.stdlib_module_names else 2


def _section_of(block: list[str]) -> int:
    sections = [_section(node) for text in block for node in ast.parse(text).body]
    return min(sections, default=2)


def _insert(block: list[str], statement: ast.stmt) -> None:
    """Put an import where it sorts: ``import`` lines before ``from`` lines, each by module."""
    for index, text in enumerate(block):
        there = next(iter(ast.parse(text).body), None)
        if (
            isinstance(there, ast.ImportFrom)
            and isinstance(statement, ast.ImportFrom)
            and there.module == statement.module
        ):
            names = sorted(
                {*(_spelled(alias) for alias in there.names), *(_spelled(alias) for alias in statement.names)},
                key=_rank,
            )
            block[index] = f"from {there.module} import {', '.join(names)}"
            return
        if there is not None and _key(there) > _key(statement):
            block.insert(index, ast.unparse(statement))
            return
    block.append(ast.unparse(statement))


def _spelled(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _rank(name: str) -> tuple[int, str]:
    """Constants, then classes, then all else."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


def _key(statement: ast.stmt) -> tuple[bool, str]:
    if isinstance(statement, ast.ImportFrom):
        return True, (statement.module or "").lower()
    return False, statement.names[0].name.lower() if isinstance(statement, ast.Import) else ""
