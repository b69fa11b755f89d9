"""Dotted names in the text of a program, and in its strings: those that are called otherwise here."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from groundwire_tools.check import known
from groundwire_tools.check.follow import Module, Names
from groundwire_tools.check.uses import Use
from groundwire_tools.fix.edits import Edit
from groundwire_tools.fix.imports import RENAMED, Imports
from groundwire_tools.fix.place import Place, root_of
from groundwire_tools.fix.spelling import attribute, in_ours, is_here, is_path, is_theirs, longest


def edits_of_names(imports: Imports) -> Iterator[Edit]:
    """The dotted names that change: those below a root with another name, and those that moved."""
    place = imports.place
    for use in place.uses:
        node = place.attributes.get((use.line, use.column))
        if node is None or use.kind == "import" or place.is_ignored(node, "GW307") or imports.stays(use.chain):
            continue
        if (new := attribute(use.chain, place.names)) is not None:
            end = place.text.span(node)[1]
            yield Edit(end - len(node.attr.encode()), end, new)
        elif all(part.isidentifier() for part in use.chain[: use.bound]) and is_theirs(use.chain, place.names):
            yield from _of_chain(use, node, imports)


def _of_chain(use: Use, node: ast.Attribute, imports: Imports) -> Iterator[Edit]:
    place, names = imports.place, imports.names
    root = root_of(node)
    length, path = longest(use.chain, names)
    if root is None or not length:
        return
    while length > 1 and path == f"{in_ours('.'.join(use.chain[: length - 1]), names)}.{use.chain[length - 1]}":
        length, path = length - 1, path.rpartition(".")[0]  # the rest is called as it was
    last: ast.expr = node
    for _ in range(len(use.chain) - length):
        last = last.value if isinstance(last, ast.Attribute) else last
    start, end = place.text.span(root)[0], place.text.span(last)[1]
    if use.bound == 1 and root.id == use.chain[0] and imports.root_fate(root.id) == RENAMED:
        yield Edit(start, end, path)
        return
    base = in_ours(".".join(use.chain[: use.bound]), names)
    stays = f"{base}.{'.'.join(use.chain[use.bound : length])}"
    is_due = not is_here(stays, names) or (path != stays and known.moved(tuple(stays.split("."))))
    if length > use.bound and base and path.startswith(f"{base}.") and is_due:
        yield Edit(place.text.span(root)[1], end, path.removeprefix(base))


# strings


def edits_of_strings(place: Place) -> Iterator[Edit]:
    """The strings that name a class or function of Lightning, and nothing else can be meant by."""
    for node, text in strings_in(place):
        path = in_ours(text, place.names) if is_exact(text, place.names) else None
        source = place.text.of(node)
        if path and source.count(text) == 1 and not place.is_ignored(node):
            yield Edit(*place.text.span(node), source.replace(text, path))


def strings_in(place: Place) -> list[tuple[ast.Constant, str]]:
    """The strings that are nothing but a dotted name of Lightning's or pytorch-accelerated's."""
    return [
        (node, node.value)
        for node in place.of_type(ast.Constant)
        if isinstance(node.value, str) and node not in place.formatted and is_path(node.value, place.names)
    ]


def is_exact(text: str, names: Names) -> bool:
    """True for the path of a class or function that is here: that of a module may be the name of a logger."""
    length, _ = longest(tuple(text.split(".")), names)
    whole = length == len(text.split("."))
    return whole and not isinstance(names.follow(tuple(str(in_ours(text, names)).split("."))).meaning, Module)
