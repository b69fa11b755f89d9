"""A program under repair: its text, what the check has seen in it, and the nodes of Python's parser by their places."""

from __future__ import annotations

import ast
import warnings
from functools import cached_property
from typing import Any

from groundwire_tools.check.files import File, ignored_in
from groundwire_tools.check.follow import Names
from groundwire_tools.check.reading import scan_python
from groundwire_tools.check.uses import Scanned
from groundwire_tools.fix.edits import Text

Spot = tuple[int, int]


class Place:
    """A program.

    Args:
        text: It can be parsed.
        file: Where it stands in its project.
        names: Of that.

    Attributes:
        uses: Of names, as the check sees them.
    """

    def __init__(self, text: str, file: File, names: Names) -> None:
        self.text, self.names = Text(text), names
        scanned = Scanned(str(file.path))
        scan_python(text, file, scanned)
        self.uses = scanned.uses
        self._ignored = ignored_in(self.text.content)
        self.nodes = list(ast.walk(parsed(text)))

    def of_type(self, *kinds: type[ast.AST]) -> list[Any]:
        """The nodes of these types."""
        return [node for node in self.nodes if isinstance(node, kinds)]

    def is_ignored(self, node: Any, code: str = "") -> bool:
        """True where a comment says that a node is to stay, or that a finding about it is of no interest."""
        lines = range(node.lineno, node.end_lineno + 1)
        codes = [self._ignored[line] for line in lines if line in self._ignored]
        return any(not one or code in one for one in codes)

    @cached_property
    def attributes(self) -> dict[Spot, ast.Attribute]:
        """The attributes by where their own names stand."""
        every = {spot_of(node): node for node in self.of_type(ast.Attribute)}
        return {spot: node for spot, node in every.items() if node not in self.formatted or self._is_there(node)}

    @cached_property
    def calls(self) -> dict[Spot, ast.Call]:
        """The calls by where the names of what they call stand, but for those within f-strings."""
        return {spot_of(node.func): node for node in self.of_type(ast.Call) if node not in self.formatted}

    @cached_property
    def formatted(self) -> set[ast.AST]:
        """The nodes within f-strings, of which Python before 3.12 may say that they stand elsewhere."""
        return {node for joined in self.of_type(ast.JoinedStr) for node in ast.walk(joined)}

    def _is_there(self, node: ast.Attribute) -> bool:
        start, end = self.text.span(node)
        root = root_of(node)
        return self.text.content[start:end].decode(errors="replace") == ast.unparse(node) and (
            root is None or self.text.span(root)[0] == start
        )


def parsed(text: str) -> ast.Module:
    """The tree of a program; what Python says of its strings is not asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def spot_of(node: Any) -> Spot:
    """Line and column from 1, of the last name where it is a dotted one, as in uses."""
    if isinstance(node, ast.Attribute):
        return node.end_lineno or 0, (node.end_col_offset or 0) - len(node.attr) + 1
    return node.lineno, node.col_offset + 1


def root_of(node: ast.expr) -> ast.Name | None:
    """The name that a dotted name begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node if isinstance(node, ast.Name) else None
