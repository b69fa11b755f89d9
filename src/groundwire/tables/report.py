"""The table of contents of a run, written from the same rows that run.

:func:`explain` gathers plain data, :func:`as_text` and :func:`wired_rows` write it down. Nothing
here binds, calls or changes anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from groundwire.errors import place_of
from groundwire.tables.fuse import Attached
from groundwire.tables.hooks import HOOKS, Every
from groundwire.tables.plan import Finding, Status, Wired, by_row

__all__ = ["Report", "as_text", "explain", "wired_rows"]

_DEPTH: dict[Every, int] = {"trainer": 0, "run": 0, "demand": 0, "epoch": 1, "batch": 2, "update": 3}
_CORE = "groundwire"  # the package whose methods are the hooks themselves, no overrides
_ADAPTERS = "groundwire_"  # how the packages begin whose classes stand between the user's and the core's


class AttachedLine(TypedDict):
    """A method that a row runs at a hook, with the names that it is passed and the mark of the row."""

    who: str
    method: str
    source: str
    position: str
    place: str
    passes: str
    mark: str


# The class whose method runs as the hook; ``package`` names an adapter's and is empty for others.
OverrideLine = TypedDict("OverrideLine", {"class": str, "place": str, "package": str})


class HookLine(TypedDict):
    """One hook of the run and all that happens there."""

    name: str
    every: str
    documented: bool
    about: str
    override: OverrideLine | None
    attached: list[AttachedLine]


class FindingLine(TypedDict):
    """A method that does not run, and why."""

    owner: str
    source: str
    detail: str
    place: str


class Report(TypedDict):
    """Everything that will run, in order, and that will not; made of what JSON has."""

    trainer: str
    hooks: list[HookLine]
    gaps: list[FindingLine]
    unknown: list[FindingLine]
    refused: list[FindingLine]


def explain(
    trainer: object, wired: Mapping[str, Wired], findings: Iterable[Finding], hook_order: Iterable[str]
) -> Report:
    """Gather what a run will do.

    Args:
        trainer: Whose methods the hooks are.
        wired: Hook to what is attached there.
        findings: What there is to say about the methods that rows and gaps met.
        hook_order: Names of the hooks in the order of the run.
    """
    lines = list(findings)
    return Report(
        trainer=type(trainer).__qualname__,
        hooks=[_hook_line(trainer, name, wired.get(name, Wired())) for name in dict.fromkeys((*hook_order, *wired))],
        gaps=_of_status(lines, "gap"),
        unknown=_of_status(lines, "unknown"),
        refused=_of_status(lines, "refused"),
    )


def as_text(report: Report, *, aside: bool = True) -> str:
    """Write a report as a table of contents.

    Hooks stand in the order of the run, further to the right the more often they run. Those of
    prediction and of an evaluation run come last, and only where something happens at them.

    Args:
        report: What :func:`explain` gathered.
        aside: False where it is about such a run, so that they stand in their places.
    """
    lines = [f"What {report['trainer']} runs, in order:", ""]
    others = [hook for hook in report["hooks"] if aside and _aside(hook["name"])]
    lines += [line for hook in report["hooks"] if hook not in others for line in _hook_text(hook)]
    used = [line for hook in others if hook["attached"] or hook["override"] for line in _hook_text(hook)]
    lines += ["", "Only in a run of evaluation or of prediction:", "", *used] if used else []
    lines += _section("Has no place here", [f"{_named(line)}: {line['detail']}" for line in report["gaps"]])
    lines += _section("Unknown", [f"{_named(line)}: {line['detail']}" for line in report["unknown"]])
    lines += _section("Refused", [line["detail"] for line in report["refused"]])
    return _nearby("\n".join(lines))


def wired_rows(report: Report) -> list[str]:
    """The rows that run, one line each: hook, position, and whose method."""
    rows = [(hook["name"], line) for hook in report["hooks"] for line in hook["attached"]]
    width = max((len(name) for name, _ in rows), default=0)
    return [_nearby(f"{name:<{width}}  {line['position']:<7}  {_attached_text(line)}") for name, line in rows]


def _hook_line(trainer: object, name: str, wired: Wired) -> HookLine:
    hook = HOOKS[name]
    instead = () if wired.instead is None else (wired.instead, *wired.rivals)
    return HookLine(
        name=name,
        every=hook.every,
        documented=not hook.added,
        about=hook.about,
        override=None if hook.is_event else _override(trainer, name, bool(instead)),
        attached=[_attached_line(attached) for attached in (*wired.before, *instead, *wired.after)],
    )


def _override(trainer: object, name: str, by_rows: bool) -> OverrideLine | None:
    """The method that runs as the hook, if it is neither the core's nor a row's."""
    if name in vars(trainer):
        return _override_line(type(trainer), vars(trainer)[name])
    for cls in type(trainer).__mro__:
        method = vars(cls).get(name)
        if isinstance(method, by_row) and not by_rows:
            continue  # an empty slot lets the next class answer
        if method is not None:
            core = cls.__module__.partition(".")[0] == _CORE
            return None if core or isinstance(method, by_row) else _override_line(cls, method)
    return None


def _override_line(cls: type, method: Any) -> OverrideLine:
    package = cls.__module__.partition(".")[0]
    adapter = package if package.startswith(_ADAPTERS) else ""
    return {"class": cls.__qualname__, "place": place_of(method), "package": adapter}


def _attached_line(attached: Attached) -> AttachedLine:
    return AttachedLine(
        who=attached.owner.__qualname__,
        method=attached.row.method,
        source=attached.row.source,
        position=attached.row.position,
        place=place_of(attached.method),
        passes=attached.spelled(),
        mark=attached.row.mark,
    )


def _of_status(findings: Sequence[Finding], status: Status) -> list[FindingLine]:
    of_status = [finding for finding in findings if finding.status == status]
    return [FindingLine(owner=f.owner, source=f.source, detail=f.detail, place=f.place) for f in of_status]


def _aside(hook: str) -> bool:
    """True for a hook of prediction or of an evaluation run, which training does not meet."""
    return "predict" in hook or "evaluation_run" in hook or hook == "_run_evaluation"


def _hook_text(hook: HookLine) -> list[str]:
    indent = "  " * _DEPTH[HOOKS[hook["name"]].every]
    calls = [(line["position"], _attached_text(line)) for line in hook["attached"]]
    if override := hook["override"]:
        text = _at(f"{override['class']}.{hook['name']}", override["place"])
        text += f" [{override['package']}]" if override["package"] else ""
        # behind what runs before it; a row that runs instead is what its super() reaches
        calls.insert(sum(position == "before" for position, _ in calls), ("override", text))
    return [f"{indent}{hook['name']}", *(f"{indent}      {position:<8}  {text}" for position, text in calls)]


def _attached_text(line: AttachedLine) -> str:
    return _at(f"{line['who']}.{line['method']}", line["place"]) + (f" [{line['mark']}]" if line["mark"] else "")


def _named(line: FindingLine) -> str:
    return _at(f"{line['owner']}.{line['source'].partition('.')[2]}", line["place"])


def _at(name: str, place: str) -> str:
    return f"{name} ({place})" if place else name


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []


def _nearby(text: str) -> str:
    """``text`` with paths inside the current directory written from there."""
    here = re.escape(f"{Path.cwd()}{os.sep}")
    return re.sub(rf"(?<![^\s(]){here}", "", text)
