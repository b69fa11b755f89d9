"""Variants: rows of one method that differ in what it is called with; its signature says which of them counts."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence

from groundwire.errors import HookMapError
from groundwire.tables.fuse import Attached
from groundwire.tables.hookmap import Gap, Row

__all__ = ["without_other_variants"]

Line = Row | Gap


def without_other_variants(lines: Sequence[Line], player: object) -> Sequence[Line]:
    """The lines that count for an object: of a method with variants, those for its signature.

    Args:
        lines: Lines of methods that the object brings.
        player: The object.
    """
    chosen = {method: _chosen(method, lines, player) for method in _with_variants(lines)}
    if not chosen:
        return lines
    return [line for line in lines if line.method not in chosen or _takes(line) == chosen[line.method]]


def _with_variants(lines: Iterable[Line]) -> set[str]:
    return {line.method for line in lines if _takes(line) is not None}


def _takes(line: Line) -> frozenset[str] | None:
    return line.takes if isinstance(line, Row) else None


def _chosen(method: str, lines: Iterable[Line], player: object) -> frozenset[str] | None:
    """What the rows of a method take that count for an object; None where these are the rows without ``takes``."""
    rows = [line for line in lines if isinstance(line, Row) and line.method == method]
    variants = [row for row in rows if row.takes is not None]
    plain = [row for row in rows if row.takes is None]
    names = _parameters(getattr(player, method))
    for row in variants:
        if not names.isdisjoint(row.takes or ()):
            return row.takes
    if plain and all(_fits(row, player) for row in plain):
        return None
    fitting = [row.takes for row in variants if _fits(row, player)]
    # where nothing fits, the refusal tells of the row without variants
    return fitting[0] if fitting else None if plain else variants[0].takes


def _parameters(method: object) -> set[str]:
    try:
        return set(inspect.signature(method).parameters)  # type: ignore[arg-type]  # the caller has seen it is callable
    except (TypeError, ValueError):  # written in C
        return set()


def _fits(row: Row, player: object) -> bool:
    try:
        Attached.check(row, player)
    except HookMapError:
        return False
    return True
