"""The report of a comparison, as text."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from groundwire.testing import KINDS, Comparison, Record, compare
from groundwire.testing.comparison import NOTHING
from groundwire.testing.same_run import comparison_text
from groundwire_tools.compare.sides import OURS, Side
from groundwire_tools.run.program import Program

if TYPE_CHECKING:
    from groundwire_tools.compare.clock import Times


def report_of(program: Program, outcome: Comparison, unsteady: Comparison | None, times: Times | None) -> str:
    """What the command prints.

    Args:
        program: What was run.
        outcome: Lightning's side against ours.
        unsteady: Lightning's side against itself, where it was run twice.
        times: The time a step, where it was asked for.
    """
    name = reference_name(outcome.a)
    lines = [f"{program_name(program)}: {name} and {OURS}", *(f"warning: {text}" for text in warnings_of(outcome))]
    lines.append(comparison_text(outcome, name, OURS))
    if unsteady is not None and not unsteady.is_equal:
        first = unsteady.differences[0].told("first run", "second run")
        lines += ["", f"not repeatable under {name} itself: two runs of it differ, first at", first]
    elif unsteady is not None:
        lines += ["", f"two runs under {name} are equal"]
    if times is not None:
        lines.append(times.text(name, OURS))
    return "\n".join(lines)


def program_name(program: Program) -> str:
    """The program in a few words."""
    return program.name if program.kind == "script" else f"{program.kind} {' '.join(program.name.split())[:60]}"


def reference_name(theirs: Record) -> str:
    """Lightning with its version."""
    return f"Lightning {theirs.entry('call', 'version') or ''}".strip()


def warnings_of(outcome: Comparison) -> list[str]:
    """What may make two runs differ that are the same, and what was not compared."""
    texts = []
    for key, name in (("torch", "torch"), ("python", "Python"), ("threads", "threads")):
        a, b = outcome.a.entry("start", key), outcome.b.entry("start", key)
        if a != b:
            texts.append(f"the two sides have different {name}: {a} and {b}")
    code = outcome.a.entry("end", "code")
    if code:
        texts.append(f"the program ended with exit code {code}")
    cut = outcome.a.is_cut
    if cut is not None:
        texts.append(f"compared up to step {cut}, without files")
    left_out = [name for name, content in (outcome.b.files or {}).items() if "not compared" in content]
    texts += [f"{name} was not compared: {(outcome.b.files or {})[name]['not compared']}" for name in left_out]
    return texts


def crash_of(side: Side, record: Record, other: Record | None) -> str:
    """Whose side crashed, how far it got, and what it told.

    Args:
        side: The side.
        record: What it recorded.
        other: The record of the other side, where there is one.
    """
    how = f"signal {signal.Signals(-side.code).name}" if side.code < 0 else f"exit code {side.code}"
    lines = [f"{side.name} crashed: {how} after {record.progress()}"]
    if other is not None:
        count = sum(event["k"] != "end" and " raised " not in event.get("name", "") for event in record.events)
        outcome = compare(other.first(count), record.first(count), only=KINDS[:-1])
        both = [each for each in outcome.differences if NOTHING not in (each.a, each.b)]  # not what is yet to come
        if both:
            lines += ["until then they were different; the first place is", both[0].told(reference_name(other), OURS)]
        else:
            lines.append("until then the two were equal")
    return "\n".join([*lines, side.last_lines()])
