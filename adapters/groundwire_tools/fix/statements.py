"""Import statements, rewritten by LibCST: a statement may fall apart into several, and each comment stays by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst


class Target(NamedTuple):
    """What an imported name is from now on.

    Attributes:
        path: The dotted name of what it names.
        bound: The name that the statement has to bind.
    """

    path: str
    bound: str


def rewritten_import(source: str, targets: Sequence[Target | None]) -> list[str]:
    """The statements in the place of an ``import a, b as c``.

    Args:
        source: The statement.
        targets: One a name of it; None for one that stays.
    """
    node = _only(source, cst.Import)
    names = []
    for alias, target in zip(node.names, targets, strict=True):
        if target is not None:
            keeps = alias.asname if alias.asname is not None else None
            if keeps is None and target.bound != target.path.partition(".")[0]:
                keeps = cst.AsName(cst.Name(target.bound))
            alias = alias.with_changes(name=dotted(target.path), asname=keeps)  # noqa: PLW2901  # the same, renamed
        if not any(alias.deep_equals(other.with_changes(comma=alias.comma)) for other in names):
            names.append(alias)
    return [_code(node.with_changes(names=[*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]))]


def rewritten_from(source: str, targets: Sequence[Target | None], star: str = "") -> list[str]:
    """The statements in the place of a ``from a import b, c as d``.

    Args:
        source: The statement.
        targets: One a name of it; None for one that stays.
        star: The module, where all names of it are imported.
    """
    node = _only(source, cst.ImportFrom)
    if isinstance(node.names, cst.ImportStar):
        return [_code(node.with_changes(module=dotted(star)))]
    statements: list[cst.BaseSmallStatement] = []
    groups: dict[str | None, list[cst.ImportAlias]] = {}
    for alias, target in zip(node.names, targets, strict=True):
        module, _, name = target.path.rpartition(".") if target else ("", "", "")
        if target is None:
            groups.setdefault(None, []).append(alias)
        elif not module:
            statements.append(_import_as(target))
        else:
            groups.setdefault(module, []).append(_renamed(alias, name, target.bound))
    for module, aliases in groups.items():
        changed = node if module is None else node.with_changes(module=dotted(module))
        statements.append(changed.with_changes(names=_closed(aliases, node.names[-1])))
    return [_code(statement) for statement in statements]


def _only(source: str, kind: type[cst.CSTNodeT]) -> cst.CSTNodeT:
    line = cst.parse_statement(source)
    assert isinstance(line, cst.SimpleStatementLine)
    assert isinstance(line.body[0], kind)
    return line.body[0]


def _code(statement: cst.CSTNode) -> str:
    return cst.Module(body=[]).code_for_node(statement)


def dotted(path: str) -> cst.Name | cst.Attribute:
    """A dotted name as a node."""
    above, _, name = path.rpartition(".")
    return cst.Attribute(dotted(above), cst.Name(name)) if above else cst.Name(name)


def _import_as(target: Target) -> cst.Import:
    asname = cst.AsName(cst.Name(target.bound)) if target.bound != target.path else None
    return cst.Import([cst.ImportAlias(cst.Name(target.path), asname)])


def _renamed(alias: cst.ImportAlias, name: str, bound: str) -> cst.ImportAlias:
    asname = alias.asname or (cst.AsName(cst.Name(bound)) if name != bound else None)
    return alias.with_changes(name=cst.Name(name), asname=asname)


def _closed(aliases: Sequence[cst.ImportAlias], last: cst.ImportAlias) -> list[cst.ImportAlias]:
    """Names whose last one ends as that of the whole statement did, with its own comment where it has one."""
    ends = last.comma
    comma = aliases[-1].comma
    if isinstance(ends, cst.Comma) and isinstance(comma, cst.Comma):
        own, there = comma.whitespace_after, ends.whitespace_after
        if isinstance(own, cst.ParenthesizedWhitespace) and isinstance(there, cst.ParenthesizedWhitespace):
            there = there.with_changes(first_line=own.first_line)
        ends = comma.with_changes(whitespace_after=there)
    elif isinstance(comma, cst.Comma) and isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace):
        ends = comma if comma.whitespace_after.first_line.comment else ends
    return [*aliases[:-1], aliases[-1].with_changes(comma=ends)]
