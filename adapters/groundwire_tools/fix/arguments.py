"""Arguments of calls that say the same under another name today."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from groundwire_tools.check import known
from groundwire_tools.fix.calls import Words, rewritten_call
from groundwire_tools.fix.edits import Edit
from groundwire_tools.fix.imports import Imports
from groundwire_tools.fix.spelling import VALUE, arguments, callee


def edits_of_calls(imports: Imports) -> Iterator[Edit]:
    """The calls that change."""
    place = imports.place
    for use in place.uses:
        node = place.calls.get((use.line, use.column)) if use.kind == "call" else None
        if node is None or imports.stays(use.chain):
            continue
        called = callee(use.chain, place.names)
        if called in known.tables()["respelled_arguments"]:
            words = [word for word in node.keywords if word.arg and not place.is_ignored(word, "GW303")]
            every = {str(word.arg): arguments(called, str(word.arg), word.value) for word in words}
            respelled = _without_clashes({name: new for name, new in every.items() if new is not None}, node)
            if respelled:
                yield Edit(*place.text.span(node), rewritten_call(place.text.of(node), respelled))


def _without_clashes(respelled: dict[str, list[tuple[str, str]]], call: ast.Call) -> dict[str, Words]:
    """Arguments of which none contradicts another; what is said twice is said once."""
    values = {str(word.arg): ast.unparse(word.value) for word in call.keywords}
    while True:
        said = {name: value for name, value in values.items() if name not in respelled}
        pairs = [
            (old, name, values[old] if text == VALUE else text) for old, new in respelled.items() for name, text in new
        ]
        texts = {(name, text) for _, name, text in pairs} | set(said.items())
        several = Counter(name for name, _ in texts)
        clashing = {old for old, name, _ in pairs if several[name] > 1}
        if not clashing:
            break
        respelled = {old: new for old, new in respelled.items() if old not in clashing}
    once: dict[str, Words] = {}
    for old, new in respelled.items():
        once[old] = [(name, text) for name, text in new if name not in said]
        said.update(dict.fromkeys((name for name, _ in new), ""))
    return once
