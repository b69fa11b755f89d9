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

from groundwire import listeners, place_of
from groundwire_tools.check import known

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

REPORT_VERSION = 1
OF_A_PLAN = {"gap": "GW201", "unknown": "GW202", "refused": "GW305"}
"""What a plan says of a method to the code of the finding."""
_PACKAGES = Path(__file__).parents[1], Path(__file__).parents[2] / known.paths().OURS, Path(importlib.__file__).parent
_OF_IMPORTS = tuple(map(str, _PACKAGES))


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


class Record:
    """What happened to a program, as far as the adapter tells of it."""

    def __init__(self) -> None:
        self.start = f"{Path.cwd()}{os.sep}"
        self.calls: list[str] = []
        self.methods: set[tuple[str, str]] = set()
        self.hooks: set[str] = set()
        self.callbacks: Counter[str] = Counter()
        self.loggers: Counter[str] = Counter()
        self.lines: dict[Line, None] = {}

    def listen(self) -> None:
        """Hear of each call that ends and of each name that is lacking, from now on."""
        listeners.CALLED.append(self.add_call)
        listeners.LACKING.append(self.add_lacking)

    def add(self, code: str, text: str, place: str = "") -> None:
        """Record a line, once; a place below the folder of the start is told from there."""
        self.lines[Line(code, text, place.removeprefix(self.start))] = None

    def add_lacking(self, text: str) -> None:
        """Record a name that is not here; an import asks for it twice, as an attribute and as a module."""
        place = where_it_was_asked()
        if not self._was_lacking_at(place):
            self.add("GW301", text, place)

    def _was_lacking_at(self, place: str) -> bool:
        return bool(place) and any(line.place == place.removeprefix(self.start) for line in self.of_kind("GW3"))

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
        for finding in trainer.plan.findings:
            if finding.status in OF_A_PLAN:
                name = f"{finding.owner}.{finding.source.partition('.')[2]}"
                self.add(OF_A_PLAN[finding.status], f"{name}: {finding.detail}", finding.place)

    def add_error(self, error: BaseException) -> None:
        """Record an error that ended the program, where it is one of ours."""
        place = _last_place(error)
        if self._was_lacking_at(place):
            return
        if isinstance(error, ImportError | AttributeError) and _NAMES_US.search(str(error)):
            self.add("GW302", str(error), place)
        elif isinstance(error, AttributeError) and _NAMES_US.match(type(error.obj).__module__):
            self.add("GW307", str(error), place)
        elif _is_refusal(type(error)):
            self.add("GW308", str(error), place)

    def of_kind(self, hundred: str) -> list[Line]:
        """The lines whose codes begin like that."""
        return [line for line in self.lines if line.code.startswith(hundred)]

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
    return not file.startswith(("<frozen", *_OF_IMPORTS))


def _last_place(error: BaseException) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if _is_users(file) and "/groundwire/" not in file:
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
