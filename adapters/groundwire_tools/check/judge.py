"""Uses to verdicts: fine, or a finding that says what becomes of it and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from groundwire.errors import did_you_mean
from groundwire_tools.check import known
from groundwire_tools.check.follow import Class, Lacking, Names, Value
from groundwire_tools.check.moved_meaning import deviations_of, overridden
from groundwire_tools.check.on_purpose import on_purpose
from groundwire_tools.check.signatures import misfit
from groundwire_tools.check.trainer_arguments import argument
from groundwire_tools.check.uses import CALL, SOME, SUPER, ClassRecord, Keyword, Method, Scanned, Use

ALIKE = 0.8
"""How near the name of a hook a method has to be for a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One use, judged.

    Attributes:
        code: Of the finding; empty where the use is fine.
        text: What is the matter, why, and what to do; of a use that is fine, its name.
        line: Where.
        column: From 1.
    """

    code: str
    text: str
    line: int
    column: int


def verdicts(scanned: Scanned, names: Names) -> list[Verdict]:
    """Every use of a file, in the order of its lines, and what could not be read."""
    every = [Verdict("GW001", one.why, one.line, one.column) for one in scanned.broken]
    for use in scanned.uses:
        every += _of_use(use, names)
    for record in scanned.classes:
        every += _of_class(record, names)
    return sorted(dict.fromkeys(every), key=lambda one: (one.line, one.column, one.code))


# names


def _of_use(use: Use, names: Names) -> Iterator[Verdict]:
    followed = names.follow(use.chain)
    meaning = followed.meaning
    for text in deviations_of(use, names):
        yield Verdict("GW211", text, use.line, use.column)
    if isinstance(meaning, Lacking):
        if followed.at > use.bound and use.kind != "store":
            code = "GW103" if use.is_guarded else meaning.code
            yield Verdict(code, meaning.text, use.line, use.column)
        return
    if meaning is None or (use.kind != "call" and followed.at <= use.bound):
        return
    if use.kind == "call":
        yield from _of_call(use, meaning)
    elif isinstance(meaning, Class) and meaning.record is not None:
        return  # a class of the project
    else:
        yield _fine(use, meaning)


def _fine(use: Use, meaning: object) -> Verdict:
    key = meaning.key if isinstance(meaning, (Class, Value)) else ""
    name = ".".join(part for part in use.chain if part not in (CALL, SOME, SUPER) and part[0] != "#")
    if key in known.tables()["stand_ins"]:
        text = f"{name}: a stand-in answers for it, with what code reads of Lightning's own"
        return Verdict("GW101", text, use.line, use.column)
    if isinstance(meaning, Value) and meaning.method and (today := known.old_use(key, meaning.method)):
        owner = key.rpartition(".")[2]
        return Verdict("GW105", f"{owner}.{meaning.method}: of Lightning 1. Today: {today}", use.line, use.column)
    return _moved(use, name) or Verdict("", name, use.line, use.column)


def _moved(use: Use, name: str) -> Verdict | None:
    """The finding of a module or name that Lightning 2 has elsewhere, at the statement that names it first."""
    parts = tuple(part for part in use.chain if part not in (CALL, SOME, SUPER))
    for end in range(len(parts), use.bound, -1):
        if today := known.moved(parts[:end]):
            return Verdict("GW105", f"{name}: of Lightning 1. Today: {today}", use.line, use.column)
    return None


# calls


def _of_call(use: Use, meaning: object) -> Iterator[Verdict]:
    if isinstance(meaning, Class):
        if meaning.is_object or meaning.record is not None:
            return
        meaning = Value(meaning.key)
    if not isinstance(meaning, Value):
        return
    method = "" if meaning.method == "__init__" else meaning.method
    if text := known.refusal_of(meaning.key, method):
        yield Verdict("GW308", text, use.line, use.column)
        return
    text = "; ".join(on_purpose(meaning.key, method, [word.name for word in use.keywords]))
    yield Verdict("GW104", text, use.line, use.column) if text else _fine(use, meaning)
    if meaning.key == known.TRAINER and not method:
        yield from map(_of_argument, use.keywords)
    else:
        name = meaning.key.rpartition(".")[2] if meaning.method == "__init__" else use.chain[-1]
        yield from _of_keywords(use, known.keywords(meaning.key, method), name, (meaning.key, method))


def _of_argument(word: Keyword) -> Verdict:
    code, text = argument(word)
    return Verdict(code, text, word.line, word.column)


def _of_keywords(use: Use, takes: frozenset[str] | None, name: str, of: tuple[str, str]) -> Iterator[Verdict]:
    if takes is None:
        return
    for word in use.keywords:
        if today := known.old_keyword(*of, word.name):
            yield Verdict("GW105", f"{name}({word.name}=): of Lightning 1. Today: {today}", word.line, word.column)
        elif word.name not in takes:
            text = f"{name}({word.name}=): there is no such argument.{did_you_mean(word.name, takes)}"
            yield Verdict("GW303", text, word.line, word.column)


# classes of the project


def _of_class(record: ClassRecord, names: Names) -> Iterator[Verdict]:
    roles = [role for key in names.bases(record) if (role := known.role_of(key))]
    for code, text, method in overridden(record, names):
        yield Verdict(code, text, method.line, method.column)
    for role in roles[:1]:
        hooks = known.tables()["hooks"][role]
        for name, method in record.methods.items():
            place = method.line, method.column
            if name in hooks or name in known.tables()["old_hooks"][role]:
                yield _of_hook(f"{record.chain[-1]}.{name}", method, role, name)
            elif name in known.tables()["gaps"] and role != "LightningDataModule":
                why, instead, stops = known.tables()["gaps"][name]
                text = f"{record.chain[-1]}.{name}: {why} Instead: {instead}"
                yield Verdict("GW305" if stops else "GW201", text, *place)
            elif name.startswith("on_") and not _is_inherited(record, name, names):
                yield from _unknown_hook(record, name, place, names, hooks)
    is_strategy = any(known.STRATEGY in known.kin(key) for key in names.bases(record))
    for name, method in record.methods.items():
        if not any(name in known.tables()["hooks"][role] for role in roles[:1]) and _is_inherited(record, name, names):
            text = f"{record.chain[-1]}.{name}"
            if is_strategy:
                text += ": methods of a strategy are never called. Instead: override _create_accelerator of the Trainer"
            yield Verdict("GW305" if is_strategy else "", text, method.line, method.column)


def _of_hook(text: str, method: Method, role: str, name: str) -> Verdict:
    """A method in the place of a hook: called as today, as Lightning 1 called it, or in no way."""
    place = method.line, method.column
    ways = known.tables()["old_hooks"][role].get(name, [])
    if (today := known.tables()["hooks"][role].get(name)) is not None:
        why = misfit(method, today["gives"], today["least"], today["named"])
        ways = [way for way in ways if why or not (method.takes or frozenset()).isdisjoint(way["takes"])]
        if not ways:
            return Verdict("GW306", f"{text} cannot be called: {why}", *place) if why else Verdict("", text, *place)
    misfits = [misfit(method, way["gives"], way["least"], way["named"]) for way in ways]
    if "" in misfits:
        use = ways[misfits.index("")]["use"]
        return Verdict("GW106", f"{text}: called as in Lightning 1. Today: {use}", *place)
    if today is None and not any(way["stops"] for way in ways):
        return Verdict("", text, *place)  # a method of its own that happens to have this name
    return Verdict("GW306", f"{text} cannot be called: {why if today is not None else misfits[0]}", *place)


def _is_inherited(record: ClassRecord, name: str, names: Names) -> bool:
    """True for a method in the place of one of ours."""
    return not name.startswith("__") and any(name in known.attributes(key) for key in names.bases(record))


def _unknown_hook(
    record: ClassRecord, name: str, place: tuple[int, int], names: Names, hooks: dict[str, object]
) -> Iterator[Verdict]:
    near = difflib.get_close_matches(name, hooks, n=1, cutoff=ALIKE)
    if near and not any(name in one.methods for one in names.family(record)[1:]):
        text = f"{record.chain[-1]}.{name}: no hook has this name; nothing in a run calls it. Did you mean {near[0]!r}?"
        yield Verdict("GW202", text, *place)
