"""Arguments of calls that say the same under another name today."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Container, Iterator, Mapping

from groundwire_tools.check import known
from groundwire_tools.fix.calls import Words, rewritten_call
from groundwire_tools.fix.edits import Edit
from groundwire_tools.fix.imports import Imports
from groundwire_tools.fix.spelling import VALUE, Today, arguments, callee, names_in_rows


def edits_of_calls(imports: Imports) -> Iterator[Edit]:
    """The calls that change."""
    place = imports.place
    for use in place.uses:
        node = place.calls.get((use.line, use.column)) if use.kind == "call" else None
        if node is None or imports.stays(use.chain):
            continue
        called = callee(use.chain, place.names)
        if called in known.tables()["respelled_arguments"]:
            ignored = {word.arg or "" for word in node.keywords if place.is_ignored(word, "GW303")}
            if respelled := respelled_in(called, node, ignored):
                yield Edit(*place.text.span(node), rewritten_call(place.text.of(node), respelled))


def respelled_in(called: str, call: ast.Call, ignored: Container[str] = ()) -> dict[str, Words]:
    """The arguments of a call that are written otherwise today, each with those that take its place.

    Args:
        called: As :func:`~groundwire_tools.fix.spelling.callee` has it.
        call: Nothing in it changes where arguments are unpacked, which may say anything.
        ignored: Arguments that stay.
    """
    if any(word.arg is None for word in call.keywords) or any(isinstance(one, ast.Starred) for one in call.args):
        return {}
    values = {str(word.arg): word.value for word in call.keywords}
    every = {name: arguments(called, name, value) for name, value in values.items() if name not in ignored}
    reach = {name: names_in_rows(called, name) - {name} for name in values}
    texts = {name: ast.unparse(value) for name, value in values.items()}
    return _without_clashes({name: today for name, today in every.items() if today is not None}, texts, reach)


def _without_clashes(
    respelled: dict[str, Today], values: Mapping[str, str], reach: Mapping[str, set[str]]
) -> dict[str, Words]:
    """Arguments of which none contradicts another; what is said twice is said once.

    Args:
        respelled: Those that can be written otherwise.
        values: All arguments of the call.
        reach: Argument to other arguments of today that it may stand for.
    """
    while clashing := set(_clashing(respelled, values, reach)):
        respelled = {old: today for old, today in respelled.items() if old not in clashing}
    said = {name for name in values if name not in respelled}
    firm = {name for today in respelled.values() for name, _ in today.words} | said
    once: dict[str, Words] = {}
    for old, today in respelled.items():
        otherwise = [(name, text) for name, text in today.otherwise if name not in firm]
        once[old] = [(name, text) for name, text in (*today.words, *otherwise) if name not in said]
        said.update(name for name, _ in once[old])
    return once


def _clashing(
    respelled: Mapping[str, Today], values: Mapping[str, str], reach: Mapping[str, set[str]]
) -> Iterator[str]:
    """Arguments that say what another one says otherwise, or may say as it stands."""
    staying = [name for name in values if name not in respelled]
    may_be_said = {name for old in staying for name in reach[old]}
    said = {(name, values[name]) for name in staying}
    said |= {
        (name, values[old] if text == VALUE else text) for old, one in respelled.items() for name, text in one.words
    }
    several = Counter(name for name, _ in said)
    for old, today in respelled.items():
        if any(several[name] > 1 or name in may_be_said for name, _ in today.words) or any(
            name in may_be_said for name, _ in today.otherwise
        ):
            yield old
