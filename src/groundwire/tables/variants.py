"""Variants: rows of one method that differ in what it is called with; its signature says which of them counts."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from types import CodeType
from typing import Any, NamedTuple

from groundwire.tables.hookmap import Gap, Row

__all__ = ["without_other_variants"]


class Shape(NamedTuple):
    """The parameters of a method, as far as they decide what it can be called with.

    Attributes:
        positional: The names of those that can be passed by position.
        required: How many of these have no default.
        named: Those that are passed by name alone, each with whether it has a default.
        takes_any: It takes any number by position.
        takes_named: It takes any name.
    """

    positional: tuple[str, ...]
    required: int
    named: dict[str, bool]
    takes_any: bool
    takes_named: bool


def without_other_variants(lines: Sequence[Row | Gap], player: object) -> Sequence[Row | Gap]:
    """The lines that count for an object: of a method with variants, those for its signature.

    Args:
        lines: Lines of methods that the object brings.
        player: The object.
    """
    varied = {line.method for line in lines if isinstance(line, Row) and line.takes is not None}
    if not varied:
        return lines
    rows = [line for line in lines if isinstance(line, Row) and line.method in varied]
    chosen = {method: _chosen([row for row in rows if row.method == method], player) for method in varied}
    return [line for line in lines if not isinstance(line, Row) or line.takes == chosen.get(line.method, line.takes)]


def _chosen(rows: Sequence[Row], player: object) -> frozenset[str] | None:
    """What the rows of a method take that count for an object; None where these are the rows without ``takes``."""
    shape = _shape(getattr(player, rows[0].method))
    variants = [row.takes for row in rows if row.takes is not None]
    plain = [row for row in rows if row.takes is None]
    if shape is None:  # written in C
        return None if plain else variants[0]
    names = {*shape.positional, *shape.named}
    for takes in variants:
        if not names.isdisjoint(takes):
            return takes
    if plain and all(_fits(row, shape) for row in plain):
        return None
    fitting = [row.takes for row in rows if row.takes is not None and _fits(row, shape)]
    # where nothing fits, the refusal tells of the row without variants
    return fitting[0] if fitting else None if plain else variants[0]


def _shape(method: Any) -> Shape | None:
    function = getattr(method, "__func__", method)
    code = getattr(function, "__code__", None)
    if isinstance(code, CodeType) and not hasattr(function, "__wrapped__"):  # a plan is compiled often: no signature
        begins = function is not method
        positional, named = code.co_varnames[begins : code.co_argcount], code.co_varnames[code.co_argcount :]
        defaults = function.__kwdefaults__ or {}
        return Shape(
            positional,
            len(positional) - len(function.__defaults__ or ()),
            {name: name in defaults for name in named[: code.co_kwonlyargcount]},
            bool(code.co_flags & inspect.CO_VARARGS),
            bool(code.co_flags & inspect.CO_VARKEYWORDS),
        )
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = {parameter.kind for parameter in parameters}
    by_place = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return Shape(
        tuple(one.name for one in by_place),
        sum(one.default is one.empty for one in by_place),
        {one.name: one.default is not one.empty for one in parameters if one.kind is one.KEYWORD_ONLY},
        inspect.Parameter.VAR_POSITIONAL in kinds,
        inspect.Parameter.VAR_KEYWORD in kinds,
    )


def _fits(row: Row, shape: Shape) -> bool:
    """True where a method of this shape can be called with what a row passes, without what it may leave out."""
    args, room = len(row.args), len(shape.positional)
    while args > room and not shape.takes_any and row.args[args - 1] in row.maybe:
        args -= 1
    behind = shape.positional[args:]
    known = {*behind, *shape.named}
    leaves = {name: name.rpartition(".")[2] for name in row.named}
    passed = {leaf for name, leaf in leaves.items() if name not in row.maybe or leaf in known or shape.takes_named}
    lacking = {*shape.positional[args : max(args, shape.required)]}
    lacking |= {name for name, has_default in shape.named.items() if not has_default}
    return (args <= room or shape.takes_any) and lacking <= passed and (passed <= known or shape.takes_named)
