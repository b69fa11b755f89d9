"""Edits of a text: what of it is replaced by what, by places as Python's parser counts them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

_LINE_ENDS = re.compile(rb"\r\n|\r|\n")


class Edit(NamedTuple):
    """A piece of a text to replace; all else stays, byte by byte.

    Attributes:
        start: In bytes of UTF-8.
        end: Behind it.
        text: What stands there from now on.
    """

    start: int
    end: int
    text: str


class Text:
    """A text with places in it.

    Args:
        text: Of Python or YAML.
    """

    def __init__(self, text: str) -> None:
        self.text, self.content = text, text.encode()
        self.starts = [0, *(match.end() for match in _LINE_ENDS.finditer(self.content))]
        line_end = _LINE_ENDS.search(self.content)
        self.line_end = line_end[0].decode() if line_end else "\n"

    def at(self, line: int, column: int) -> int:
        """The byte of a place.

        Args:
            line: From 1.
            column: From 0, in bytes.
        """
        return self.starts[line - 1] + column

    def span(self, node: Any) -> tuple[int, int]:
        """Where a node of :mod:`ast` begins and ends."""
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def between(self, start: int, end: int) -> str:
        """A piece."""
        return self.content[start:end].decode()

    def of(self, node: Any) -> str:
        """The piece of a node of :mod:`ast`."""
        return self.between(*self.span(node))

    def indent_of(self, node: Any) -> str | None:
        """What stands before a statement; None where that is more than white space, so that it shares its line."""
        start, end = self.span(node)
        before = self.between(self.starts[node.lineno - 1], start)
        behind = re.match(rb"[^\r\n]*", self.content[end:])
        shares = before.strip(" \t\f") or (behind and behind[0].lstrip().startswith(b";"))
        return None if shares else before

    def edited(self, edits: Iterable[Edit]) -> str:
        """The text with all edits made; of two that overlap only the first is, so that the other waits for its turn."""
        pieces, done = [], 0
        for edit in sorted(set(edits)):
            if edit.start >= done:
                pieces += [self.content[done : edit.start], edit.text.encode()]
                done = edit.end
        return b"".join([*pieces, self.content[done:]]).decode()
