"""Names to what they mean: a chain is followed part by part, through modules, classes and objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from groundwire.errors import did_you_mean
from groundwire_tools.check import known
from groundwire_tools.check.project import Project
from groundwire_tools.check.uses import CALL, SOME, SUPER, Chain, ClassRecord


@dataclass(frozen=True, slots=True)
class Module:
    """A module path of Lightning or pytorch-accelerated."""

    path: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class that ours answers for, or one of the project.

    Attributes:
        key: Of the tables.
        record: Of the project.
        is_object: An object of it is meant.
        is_exact: It is not of a class that stems from it.
    """

    key: str = ""
    record: ClassRecord | None = None
    is_object: bool = False
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Value:
    """A function, method or anything else that is there; its own names are not followed."""

    key: str = ""
    method: str = ""


class Lacking(NamedTuple):
    """A name that is not there.

    Attributes:
        code: Of the finding.
        text: What is missing, why, and what to do.
    """

    code: str
    text: str


Meaning = Module | Class | Value | Lacking | None


class Followed(NamedTuple):
    """Where a chain leads.

    Attributes:
        meaning: None where nobody can tell, or where it leads away from Lightning.
        at: Number of the part at which it got there.
        before: What the chain meant one part earlier.
    """

    meaning: Meaning
    at: int
    before: Meaning = None


class Names:
    """Follows chains.

    Args:
        project: Its classes.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._bases: dict[int, tuple[str, ...]] = {}
        self._known: dict[Chain, Followed] = {}

    def follow(self, chain: Chain) -> Followed:
        """Where a chain leads, as far as that can be told."""
        if chain not in self._known:
            self._known[chain] = Followed(None, 0)  # of a chain that leads round to itself
            self._known[chain] = self._follow(chain)
        return self._known[chain]

    def _follow(self, chain: Chain) -> Followed:
        meaning: Meaning = None
        at, before = 0, meaning
        if chain[0] in known.roots() and chain[0] not in self.project.own_roots:
            meaning, at = Module(chain[0]), 1
        elif (here := self.project.find(chain)) is not None:
            meaning, at = Class(record=here[0]), here[1]
        while at < len(chain) and isinstance(meaning, (Module, Class, Value)):
            before, meaning = meaning, self._step(meaning, chain[at], chain)
            at += 1
        return Followed(meaning, at, before)

    def _step(self, meaning: Module | Class | Value, name: str, chain: Chain) -> Meaning:
        if isinstance(meaning, Module):
            return None if name == CALL else _in_module(meaning.path, name)
        if isinstance(meaning, Value):
            return Class(meaning.key, is_object=True) if (name, meaning.method) == (CALL, _MAKES) else None
        if name in (CALL, SOME):
            return None if meaning.is_object else Class(meaning.key, meaning.record, True, name == CALL)
        if name.startswith("#"):
            return self._given(meaning, name)
        if name == SUPER:
            return self._above(meaning)
        if meaning.record is not None:
            return self._of_project(meaning.record, name)
        there = _in_class(meaning.key, name)
        return None if isinstance(there, Lacking) and not meaning.is_exact and self._may_have(meaning, name) else there

    def _may_have(self, meaning: Class, name: str) -> bool:
        """True for a name that a class which stems from this one may bring."""
        is_trainer = known.TRAINER in known.kin(meaning.key)
        return not is_trainer or name in self.project.attributes

    # classes of the project

    def bases(self, record: ClassRecord) -> tuple[str, ...]:
        """The classes of ours that answer for those from which a class of the project stems."""
        if id(record) not in self._bases:
            self._bases[id(record)] = ()
            meanings = [self.follow(base).meaning for base in record.bases]
            classes = [meaning for meaning in meanings if isinstance(meaning, Class)]
            keys = [key for one in classes for key in (self.bases(one.record) if one.record else (one.key,))]
            # a class stands before those that it stems from, as Python has it
            self._bases[id(record)] = tuple(sorted(dict.fromkeys(keys), key=lambda key: -len(known.kin(key))))
        return self._bases[id(record)]

    def _of_project(self, record: ClassRecord, name: str) -> Meaning:
        """An attribute of an object of the project's: its own, or one that a base of Lightning's brings."""
        line = self.family(record)
        for one in line:
            if one.has(name):
                return self.follow(value).meaning if (value := one.values.get(name)) else None
        there = (_in_class(key, name) for key in self.bases(record))
        return next((one for one in there if one is not None and not isinstance(one, Lacking)), None)

    def _above(self, meaning: Class) -> Meaning:
        """An object as the first base of its class sees it that is known."""
        meanings = [self.follow(base).meaning for base in (meaning.record.bases if meaning.record else ())]
        classes = (base for base in meanings if isinstance(base, Class))
        return next((Class(base.key, base.record, True, False) for base in classes), None)

    def family(self, record: ClassRecord) -> list[ClassRecord]:
        """A class of the project and the others from which it stems."""
        line, ahead = [], [record]
        while ahead:
            one = ahead.pop(0)
            if one not in line:
                line.append(one)
                meanings = [self.follow(base).meaning for base in one.bases]
                ahead += [base.record for base in meanings if isinstance(base, Class) and base.record is not None]
        return line

    def _given(self, meaning: Class, name: str) -> Meaning:
        """What a hook is given, by the name that the table has for it."""
        if meaning.record is None:
            return None
        _, method, place = name.split("#")
        for key in self.bases(meaning.record):
            hook = known.tables()["hooks"].get(known.role_of(key), {}).get(method)
            if hook is not None and int(place) < len(hook["gives"]):
                return _GIVEN.get(hook["gives"][int(place)])
        return None


_MAKES = "load_from_checkpoint"
_GIVEN = {
    "trainer": Class(known.TRAINER, is_object=True, is_exact=False),
    "pl_module": Class(known.MODULE, is_object=True, is_exact=False),
}


def _in_module(path: str, name: str) -> Meaning:
    names, below = known.names_in(path), f"{path}.{name}"
    if name in names:
        key = names[name]
        return Class(key) if key in known.tables()["classes"] else Value(key)
    if known.home_of_module(below) is not None:
        return Module(below)
    if (gap := known.paths().gap_of(below)) is not None:
        return Lacking("GW301", f"{below}: {gap.why}. Instead: {gap.instead}")
    if known.is_own(below) or name.startswith("__"):
        return None
    hint = did_you_mean(name, names)
    return Lacking("GW302", f"{path} has no {name!r} here.{hint}")


def _in_class(key: str, name: str) -> Meaning:
    if name in known.attributes(key) or name.startswith("__"):
        if name == "trainer" and known.role_of(key) in ("LightningModule", "LightningDataModule"):
            return _GIVEN["trainer"]
        return Value(key, name)
    if known.is_open(key):
        return None
    short = key.rpartition(".")[2]
    public = [one for one in known.attributes(key) if not one.startswith("_")]
    return Lacking("GW307", f"{short} has no attribute {name!r}.{did_you_mean(name, public)}")
