"""Import statements, rewritten by LibCST: one may fall apart into several, and each comment stays by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst

from groundwire_tools.fix.trees import rendered


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
    names: list[cst.ImportAlias] = []
    for alias, target in zip(node.names, targets, strict=True):
        if target is not None:
            keeps = alias.asname
            if keeps is None and target.bound != target.path.partition(".")[0]:
                keeps = cst.AsName(cst.Name(target.bound))
            alias = alias.with_changes(name=dotted(target.path), asname=keeps)  # noqa: PLW2901  # the same, renamed
        if not any(alias.deep_equals(other.with_changes(comma=alias.comma)) for other in names):
            names.append(alias)
    changed = node.with_changes(names=[*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    return [rendered(changed, source)]


def rewritten_from(source: str, targets: Sequence[Target | None], star: str = "") -> list[str]:
    """The statements in the place of a ``from a import b, c as d``.

    Args:
        source: The statement.
        targets: One a name of it; None for one that stays.
        star: The module, where all names of it are imported.
    """
    node = _only(source, cst.ImportFrom)
    if isinstance(node.names, cst.ImportStar):
        return [rendered(node.with_changes(module=dotted(star)), source)]
    statements: list[cst.BaseSmallStatement] = []
    groups: dict[str | None, list[cst.ImportAlias]] = {}
    for alias, target in zip(node.names, targets, strict=True):
        above, _, name = target.path.rpartition(".") if target else ("", "", "")
        if target is None:
            groups.setdefault(None, []).append(alias)
        elif not above:
            statements.append(_import_as(target))
        else:
            groups.setdefault(above, []).append(_with_name(alias, name, target.bound))
    for module, aliases in groups.items():
        changed = node.with_changes(module=dotted(module)) if module else node
        statements.append(_closed(changed, aliases, node.names[-1]))
    return [rendered(statement, source) for statement in statements]


def _only(source: str, kind: type[cst.CSTNodeT]) -> cst.CSTNodeT:
    line = cst.parse_statement(source)
    assert isinstance(line, cst.SimpleStatementLine)
    assert isinstance(line.body[0], kind)
    return line.body[0]


def dotted(path: str) -> cst.Name | cst.Attribute:
    """A dotted name as a node."""
    above, _, name = path.rpartition(".")
    return cst.Attribute(dotted(above), cst.Name(name)) if above else cst.Name(name)


def _import_as(target: Target) -> cst.Import:
    asname = cst.AsName(cst.Name(target.bound)) if target.bound != target.path else None
    return cst.Import([cst.ImportAlias(cst.Name(target.path), asname)])


def _with_name(alias: cst.ImportAlias, name: str, bound: str) -> cst.ImportAlias:
    asname = alias.asname or (cst.AsName(cst.Name(bound)) if name != bound else None)
    return alias.with_changes(name=cst.Name(name), asname=asname)


def _closed(node: cst.ImportFrom, aliases: Sequence[cst.ImportAlias], last: cst.ImportAlias) -> cst.ImportFrom:
    """A statement with some of its names, which ends as the whole did; a comment behind its last name is that one's."""
    *others, end = aliases
    comma, closing = end.comma, node.rpar
    if isinstance(comma, cst.Comma) and isinstance(last.comma, cst.Comma):
        comma = comma.with_changes(whitespace_after=_ending(comma.whitespace_after, last.comma.whitespace_after))
    elif isinstance(comma, cst.Comma):
        if closing is not None:
            space = _ending(comma.whitespace_after, closing.whitespace_before)
            closing = closing.with_changes(whitespace_before=space)
        comma = cst.MaybeSentinel.DEFAULT
    return node.with_changes(names=[*others, end.with_changes(comma=comma)], rpar=closing)


def _ending(
    own: cst.BaseParenthesizableWhitespace, whole: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    if not isinstance(whole, cst.ParenthesizedWhitespace):
        return own if isinstance(own, cst.ParenthesizedWhitespace) and own.first_line.comment else whole
    if isinstance(own, cst.ParenthesizedWhitespace):
        return whole.with_changes(first_line=own.first_line)
    return whole.with_changes(first_line=whole.first_line.with_changes(comment=None))
