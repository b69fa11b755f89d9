"""Code as lists: a string is a line, a list within a list is a block below the line before it, False is nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

WIDTH = 120
"""Columns that a line may have."""

Block = Sequence[Any]
"""Lines and blocks; what is False or None is left out."""


def lines_of_block(block: Block, depth: int = 0) -> str:
    """The text of a block, each line with its newline.

    Args:
        block: The block.
        depth: How far it is indented.
    """
    parts = []
    for line in block:
        if isinstance(line, str):
            parts.append(f"{_fitted('    ' * depth, line)}\n" if line else "\n")
        elif line:
            parts.append(lines_of_block(line, depth + 1))
    return "".join(parts)


def bracketed(parts: list[str], first: str, last: str, indent: str, ahead: int, behind: int) -> str:
    """Arguments in brackets: on one line, on one of their own, or on one each.

    Args:
        parts: The arguments.
        first: The opening bracket.
        last: The closing one.
        indent: What the line begins with.
        ahead: Columns before the bracket.
        behind: Columns after it.
    """
    row = ", ".join(parts)
    if "\n" not in row:
        if ahead + len(row) + 2 + behind <= WIDTH:
            return f"{first}{row}{last}"
        if len(indent) + 4 + len(row) <= WIDTH:
            return f"{first}\n{indent}    {row}\n{indent}{last}"
    lines = "".join(f"{indent}    {part},\n" for part in parts)
    return f"{first}\n{lines}{indent}{last}"


def _fitted(indent: str, line: str) -> str:
    """A line with its indent; the brackets of one that is too long are opened over several lines."""
    first = line.find("(")
    if len(indent) + len(line) <= WIDTH or first < 0:
        return indent + line
    last = _closing(line, first)
    parts = _parted(line[first + 1 : last])
    return indent + line[:first] + bracketed(parts, "(", ")", indent, WIDTH, 0) + line[last + 1 :]


def _closing(line: str, first: int) -> int:
    """The place of the bracket that closes the one at ``first``."""
    depth = 0
    for place in range(first, len(line)):
        depth += (line[place] in "([{") - (line[place] in ")]}")
        if depth == 0:
            return place
    return len(line)


def _parted(arguments: str) -> list[str]:
    """Arguments, apart; commas within brackets part none."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(arguments):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(arguments[start:place].strip())
            start = place + 1
    return [*parts, arguments[start:].strip()]


def spliced(*blocks: Iterable[Any] | str | bool | None) -> list[Any]:
    """Blocks one after the other, in one."""
    lines: list[Any] = []
    for block in blocks:
        if isinstance(block, str):
            lines += [block] if block else []
        elif block and block is not True:
            lines += block
    return lines


def function(head: str, docstring: str, *body: Iterable[Any] | str | bool | None) -> list[Any]:
    """A function with a line that says what it does."""
    return [f"def {head}:", [f'"""{docstring}"""', *spliced(*body)]]


def over_batches(batch: str, source: str, body: list[Any]) -> list[Any]:
    """A loop over batches, which are over_batches where their number is used.

    Args:
        batch: The variable of a batch.
        source: What they are read from.
        body: What is done with each.
    """
    if re.search(r"\bbatch_idx\b", lines_of_block(body)):
        return [f"for batch_idx, {batch} in enumerate({source}):", body]
    return [f"for {batch.strip('()')} in {source}:", body]
