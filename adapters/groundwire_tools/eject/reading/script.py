"""The source of a script: which names in it are Lightning's, where its parts stand, and edits that keep all else."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from groundwire_tools.check import known
from groundwire_tools.eject.facts import NotPlainError
from groundwire_tools.eject.writing.lines import bracketed


def is_taken_out(path: str) -> bool:
    """True for a module path of Lightning's, or of groundwire's, whose names the written program has to do without."""
    root = path.partition(".")[0]
    return root in known.roots() or root.startswith("groundwire")


def foreign_import(source: bytes) -> int:
    """The line of the first import of Lightning in a file; 0 where there is none."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return 0
    lines = (getattr(node, "lineno", 0) for node in ast.walk(tree) if any(map(is_taken_out, _paths_of(node))))
    return next(lines, 0)


def _paths_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


class Script:
    """A script, its tree, and the edits that are made to it.

    Args:
        path: Its file, for messages.
        source: Its text.

    Attributes:
        tree: Its syntax tree.
        aliases: Names that are bound to something of Lightning's, each with the path of that.
        imports: The statements that bind them.
        attributes: All names that stand behind a dot anywhere.
        called: Those of them that are called.
    """

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.source = source
        self.tree = ast.parse(source)
        self.lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line))
        self._edits: dict[tuple[int, int], str] = {}
        self.aliases: dict[str, str] = {}
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and any(map(is_taken_out, _paths_of(node))):
                self._bind(node)
        attributes = [node for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)]
        self.attributes = frozenset(node.attr for node in attributes)
        self.called = frozenset(node.attr for node in attributes if getattr(self.parents[node], "func", None) is node)

    @cached_property
    def modules(self) -> set[ast.ClassDef]:
        """The classes that inherit from Lightning's module."""
        classes = [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]
        modules: set[ast.ClassDef] = set()
        for _ in classes:  # as deep as classes inherit from each other
            names = {cls.name for cls in modules}
            modules |= {cls for cls in classes if any(self._is_module(base, names) for base in cls.bases)}
        return modules

    def _is_module(self, base: ast.expr, names: set[str]) -> bool:
        return (self.chain(base) or "").endswith("LightningModule") or ast.unparse(base) in names

    def is_in_module(self, node: ast.AST) -> bool:
        """True for a node within one of these classes."""
        while not isinstance(node, (ast.ClassDef, ast.Module)):
            node = self.parents[node]
        return node in self.modules

    def _bind(self, node: ast.Import | ast.ImportFrom) -> None:
        self.imports.append(node)
        if isinstance(self.parents[node], ast.Try):
            raise self.refused(node, "an import within try is not taken out; write it without")
        for alias in node.names:
            if alias.name == "*":
                raise self.refused(node, "a star import hides which names it brings; name them")
            above = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            if not is_taken_out(above or alias.name):
                continue
            if alias.asname is None and not above:
                root = alias.name.partition(".")[0]
                self.aliases[root] = root
            else:
                self.aliases[alias.asname or alias.name] = above + alias.name

    # what stands where

    def place(self, node: ast.AST) -> str:
        """``file:line`` of a node."""
        return f"{self.path}:{getattr(node, 'lineno', 0)}"

    def refused(self, node: ast.AST, why: str) -> NotPlainError:
        """The refusal of what stands there, which names the place."""
        return NotPlainError(f"{self.place(node)}: {why}")

    def chain(self, node: ast.AST) -> str | None:
        """The path of Lightning's that an expression names, such as ``lightning.Trainer``; None for any other."""
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id)
        if isinstance(node, ast.Attribute):
            above = self.chain(node.value)
            return f"{above}.{node.attr}" if above else None
        return None

    def references(self) -> Iterator[tuple[ast.expr, str]]:
        """The expressions that name something of Lightning's, each with the last part of its path."""
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Name, ast.Attribute)) and (path := self.chain(node)):
                below = self.chain(node.value) if isinstance(node, ast.Attribute) else None
                goes_on = isinstance(self.parents[node], ast.Attribute) and _is_path(path)
                if not goes_on and (below is None or _is_path(below)):
                    yield node, path.rpartition(".")[2]

    def names(self, name: str) -> Iterator[ast.Name]:
        """Every use of a name."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and node.id == name)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    # edits

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends in the text."""
        start = self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]  # of expressions, statements
        return start, self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _offset(self, line: int, column: int) -> int:
        text = self.lines[line - 1]
        return self._starts[line - 1] + len(text.encode()[:column].decode())  # columns count bytes

    def replace(self, node: ast.AST, text: str) -> None:
        """Write ``text`` in the place of a node."""
        self._edits[self.span(node)] = text

    def cut(self, start: int, end: int) -> None:
        """Take out what stands between two places of the text."""
        self._edits[(start, end)] = ""

    def remove(self, statement: ast.stmt) -> None:
        """Take a statement out, with its lines."""
        body = next(body for body in _bodies(self.parents[statement]) if statement in body)
        if len(body) == 1:
            self.replace(statement, "pass")
            return
        last = (statement.end_lineno or statement.lineno) - 1
        is_first = isinstance(self.parents[statement], ast.FunctionDef) and statement in body[:2]
        while is_first and statement is not body[-1] and not self.lines[last + 1].strip():
            last += 1
        self._edits[(self._starts[statement.lineno - 1], self._starts[last + 1])] = ""

    def text(self, node: ast.AST) -> str:
        """The text of a node as it is edited."""
        return self._edited(*self.span(node))

    def whole(self, start: int = 0, end: int | None = None) -> str:
        """The edited text from one line to another, counted from 0."""
        return self._edited(self._starts[start], self._starts[-1 if end is None else end])

    def _edited(self, start: int, end: int) -> str:
        parts, at = [], start
        for (first, last), text in sorted(self._edits.items(), key=lambda edit: (edit[0][0], -edit[0][1])):
            if at <= first and last <= end:
                parts += [self.source[at:first], text]
                at = last
        return "".join([*parts, self.source[at:end]])

    def rebuild(self, node: ast.Call | ast.List, parts: Iterable[ast.expr | ast.keyword | str]) -> None:
        """Write a call or a list anew with other arguments or elements; on one line, where that is wide enough."""
        written = [part if isinstance(part, str) else self.text(part) for part in parts]
        head, first, last = (self.text(node.func), "(", ")") if isinstance(node, ast.Call) else ("", "[", "]")
        indent = self.lines[node.lineno - 1][: -len(self.lines[node.lineno - 1].lstrip())]
        ahead = self._edited(self._starts[node.lineno - 1], self.span(node)[0])
        behind = self._edited(self.span(node)[1], self._starts[(node.end_lineno or node.lineno)]).rstrip("\n")
        self.replace(node, head + bracketed(written, first, last, indent, len(ahead) + len(head), len(behind)))


def _is_path(path: str) -> bool:
    """True for a package or a module, below which a name is still to come."""
    return not path.rpartition(".")[2][:1].isupper()


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if isinstance(body, list):
            yield body
