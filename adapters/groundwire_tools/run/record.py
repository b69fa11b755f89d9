"""The record of a run: what it called, what ran with another meaning, and what was lacking or refused."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from groundwire import GroundwireError, listeners, place_of
from groundwire_tools.check import known

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running
    from groundwire_lightning.trainer.answering import Answering

REPORT_VERSION = 1
OF_A_PLAN = {"gap": "GW201", "unknown": "GW202"}
"""What a plan says of a method to the code of the finding."""
OF_A_KIND: dict[listeners.Kind, str] = {
    "module": "GW301",
    "name": "GW302",
    "argument": "GW303",
    "hook": "GW305",
    "attribute": "GW307",
    "refused": "GW308",
}
"""What is lacking to the code of the finding."""
_PACKAGES = (
    Path(__file__).parents[1],
    Path(__file__).parents[2] / known.paths().OURS,
    Path(listeners.__file__).parent,
    Path(importlib.__file__).parent,
)
_OF_OURS = tuple(f"{package}{os.sep}" for package in _PACKAGES)


_NAMES_US = re.compile(rf"\b({'|'.join([known.paths().OURS, *known.paths().ROOTS])})\b")


class Line(NamedTuple):
    """Something that is not as it was under Lightning.

    Attributes:
        code: As in the check: ``GW1xx`` ran through something of ours, ``GW2xx`` with another meaning, ``GW3xx``
            cannot run.
        text: What it is, and what to do instead.
        place: ``file:line``, or nothing.
    """

    code: str
    text: str
    place: str = ""


class AnotherMeaningError(GroundwireError):
    """Something would run with another meaning than under Lightning, and that was to be an error."""


class Record:
    """What happened to a program, as far as the adapter tells of it.

    Attributes:
        strict: What would run with another meaning is an error, before any data is read.
    """

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict
        self.start = _folder()
        self.calls: list[str] = []
        self.methods: set[tuple[str, str]] = set()
        self.hooks: set[str] = set()
        self.callbacks: Counter[str] = Counter()
        self.loggers: Counter[str] = Counter()
        self.lines: dict[Line, None] = {}
        self.lacking: dict[tuple[str, str], Line] = {}

    def listen(self) -> None:
        """Hear from now on of each Trainer that is made, planned and called, and of names that are lacking or moved."""
        listeners.BUILT.append(self.add_arguments)
        listeners.PLANNED.append(self.add_plan)
        listeners.CALLED.append(self.add_call)
        listeners.LACKING.append(self.add_lacking)
        listeners.OUTDATED.append(self.add_moved)

    def add(self, code: str, text: str, place: str = "") -> Line:
        """Record a line, once; a place below the folder of the start is told from there."""
        line = Line(code, text, place.removeprefix(self.start))
        self.lines[line] = None
        return line

    def add_moved(self, text: str) -> None:
        """Record a name that Lightning 1 had elsewhere."""
        self.add("GW105", text, where_it_was_asked())

    def add_lacking(self, kind: listeners.Kind, name: str, text: str) -> None:
        """Record what is not here; an import asks for a name twice, as a module and as an attribute."""
        place = where_it_was_asked()
        if (line := self.lacking.get((place, name))) is not None and line.code == "GW301":
            if kind == "module":
                return
            self.lines.pop(line, None)
        self.lacking[place, name] = self.add(OF_A_KIND[kind], text, place)

    def add_arguments(self, trainer: Answering) -> None:
        """Record the arguments of a Trainer that something of ours answers for."""
        from groundwire_lightning.trainer.arguments import ARGUMENTS

        place = where_it_was_asked()
        for row in ARGUMENTS:
            if row.fate == "mapped" and trainer._asked[row.name] != row.default:
                self.add("GW102", f"Trainer({row.name}=): {row.note}", place)

    def add_plan(self, trainer: Running) -> None:
        """Record what a plan says of methods that run in no place, or in another.

        Raises:
            AnotherMeaningError: There is one, and this is to be an error.
        """
        for finding in trainer.plan.findings:
            if finding.status in OF_A_PLAN:
                name = f"{finding.owner}.{finding.source.partition('.')[2]}"
                self.add(OF_A_PLAN[finding.status], f"{name}: {finding.detail}", finding.place)
        if self.strict and (lines := self.of_kind("GW2")):
            raise AnotherMeaningError(
                "groundwire run --strict: " + "\n".join(f"{line.code} {line.text} ({line.place})" for line in lines)
            )

    def add_call(self, trainer: Running) -> None:
        """Record a call of a Trainer from the plan that it went by."""
        if (entry := trainer.state.fn) is not None:
            self.calls.append(entry.value)
        for hook, wired in trainer.plan.wired.items():
            for attached in (*wired.before, *filter(None, [wired.instead]), *wired.after):
                self.hooks.add(hook)
                self.methods.add((hook, attached.row.source))
                if attached.row.mark:
                    name = f"{attached.owner.__qualname__}.{attached.row.method}"
                    text = f"{name}: called as in Lightning 1. Today: {attached.row.use}"
                    self.add("GW106", text, place_of(attached.method))
        # by their classes, for an object that was kept here would keep its Trainer and the model
        self.callbacks |= Counter(type(callback).__qualname__ for callback in trainer.callbacks)
        self.loggers |= Counter(type(logger).__qualname__ for logger in trainer.loggers)

    def add_error(self, error: BaseException) -> None:
        """Record an error that ended the program, where it is one of ours that was not told of before."""
        place, text = _last_place(error), str(error)
        if isinstance(error, AnotherMeaningError) or self._is_told(place, text):
            return
        if isinstance(error, ImportError | AttributeError) and _NAMES_US.search(text):
            self.add("GW302", text, place)
        elif isinstance(error, AttributeError) and _NAMES_US.match(type(error.obj).__module__):
            self.add("GW307", text, place)
        elif _is_refusal(type(error)):
            self.add("GW308", text, place)

    def _is_told(self, place: str, text: str) -> bool:
        """True where something was lacking just there, or in these words."""
        here = place.removeprefix(self.start)
        return any((here and line.place == here) or line.text in text for line in self.of_kind("GW3"))

    def of_kind(self, hundred: str) -> list[Line]:
        """The lines whose codes begin like that."""
        return [line for line in self.lines if line.code.startswith(hundred)]

    def details(self) -> list[str]:
        """A line for each finding, with its place."""
        return [f"{line.code} {line.text}" + (f" ({line.place})" if line.place else "") for line in self.lines]

    def summary(self) -> str:
        """One line."""
        if self.calls:
            took_part = ((self.callbacks, "callback"), (self.loggers, "logger"))
            numbers = [_number(len(self.methods), "method"), _number(len(self.hooks), "hook")]
            numbers += [_number(sum(counted.values()), word) for counted, word in took_part]
            what = f"{', '.join(dict.fromkeys(self.calls))} ran {numbers[0]} at {', '.join(numbers[1:])}"
        else:
            what = "no Trainer was called in this process"
        return f"{what}; {self._counted('GW2')} with another meaning; {self._counted('GW3')} lacking or refused"

    def _counted(self, hundred: str) -> str:
        lines = self.of_kind(hundred)
        codes = f" ({', '.join(sorted({line.code for line in lines}))})" if lines else ""
        return f"{len(lines) or 'nothing'}{codes}"

    def as_data(self, program: str, version: str, exit_code: int) -> dict[str, Any]:
        """Everything, made of what JSON has."""
        return {
            "schema_version": REPORT_VERSION,
            "program": program,
            "as_lightning": version,
            "exit_code": exit_code,
            "calls": self.calls,
            "hooks": sorted(self.hooks),
            "methods": sorted({source for _, source in self.methods}),
            "callbacks": dict(self.callbacks),
            "loggers": dict(self.loggers),
            "findings": [line._asdict() for line in self.lines],
        }


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _folder() -> str:
    """How paths below the working directory begin; nothing where it is gone."""
    try:
        return f"{Path.cwd()}{os.sep}"
    except OSError:
        return ""


def _is_refusal(kind: type[BaseException]) -> bool:
    """True for an error of groundwire's that Lightning would not raise as well."""
    names = {(cls.__module__.partition(".")[0], cls.__name__) for cls in kind.__mro__}
    return ("groundwire", "GroundwireError") in names and (known.paths().OURS, "MisconfigurationException") not in names


def where_it_was_asked() -> str:
    """``file:line`` of the innermost caller that is neither ours nor the import system."""
    return next((f"{file}:{line}" for file, line in _callers() if _is_users(file)), "")


def _callers() -> Iterator[tuple[str, int]]:
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]  # None ends it


def _is_users(file: str) -> bool:
    return not file.startswith(("<frozen", "<groundwire", *_OF_OURS))


def _last_place(error: BaseException) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if _is_users(file):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
