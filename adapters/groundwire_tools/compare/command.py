"""Compare a program under Lightning and under groundwire: equal, or the first place at which the two runs differ."""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundwire.testing.records import RecordError
from groundwire_tools.compare.sides import OURS, THEIRS, Setting, Side, SideError, run_side
from groundwire_tools.run.command import divided
from groundwire_tools.run.program import Program

if TYPE_CHECKING:
    from groundwire.testing import Record
    from groundwire_tools.compare.clock import Times

EQUAL, DIFFER, FAILED, INTERRUPTED = 0, 1, 2, 130
ADAPTER = "groundwire_lightning"
_WITH_VALUE = ("--steps", "--rtol", "--only", "--export", "--against", "--html", "--reference-python")
EXAMPLES = """\
examples:
  groundwire compare train.py --epochs 3
  groundwire compare --steps 20 --html page.html -m package.train
  groundwire compare --export golden.zip train.py     # once, where Lightning is installed
  groundwire compare --against golden.zip train.py    # from then on, without it
  groundwire compare --reference-python old/bin/python train.py    # one that has pytorch-lightning 1.9.5

What follows the program belongs to it. Each side is a process of its own that starts in this folder; what it writes is
compared and taken away, and the folder is as before. The exit code is 0 where the two are equal, 1 where they differ,
and 2 where a side crashed or nothing could be compared.
"""


class CrashError(Exception):
    """A side came to no end of its own."""


def main(argv: Sequence[str]) -> int:
    """Run ``groundwire compare``.

    Args:
        argv: The words after ``compare``.

    Returns:
        0 where the runs are equal, 1 where they differ, 2 where one crashed or there is nothing to compare.
    """
    own, program = divided(argv, _WITH_VALUE)
    try:
        asked = _options().parse_args(own)
    except SystemExit as stop:
        return int(stop.code or 0)
    if program is None:
        return _fail("a script, -m MODULE or -c CODE is due; `groundwire compare --help` shows examples")
    if reason := _hindrance(asked, program):
        return _fail(reason)
    try:
        with tempfile.TemporaryDirectory(prefix="groundwire-compare-") as folder:
            return _compare(asked, Setting(program, Path(folder), asked.steps, asked.verbose))
    except (SideError, RecordError) as reason:
        return _fail(str(reason))
    except CrashError as crash:
        print(crash)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="groundwire compare",
        usage="groundwire compare [options] SCRIPT | -m MODULE | -c CODE  [arguments of the program]",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--steps", type=_count, metavar="N", help="end both sides after N steps of optimizers; files are left out")
    add("--rtol", type=_how_near, default=0.0, help="numbers this close, relative to groundwire's, are equal (0)")
    add("--only", type=_kinds_of_record, metavar="KINDS", help="compare these alone, as in losses,weights")
    add("--export", type=Path, metavar="FILE", help="keep what the reference did, for --against")
    add("--against", type=Path, metavar="FILE", help="compare with what was kept; Lightning is not run")
    add("--html", type=Path, metavar="FILE", help="write one page with the curves of both sides")
    add("--time", action="store_true", help="also run both twice more, unrecorded, and tell the time a step")
    add("--reference-python", metavar="PATH", help="another interpreter for Lightning's side")
    add("-v", "--verbose", action="store_true", help="let the program's own output through")
    return parser


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("1 step or more is due")
    return count


def _how_near(text: str) -> float:
    if not 0 <= (tolerance := float(text)) < 1:
        raise argparse.ArgumentTypeError("a share from 0 up to 1 is due")
    return tolerance


def _kinds_of_record(text: str) -> tuple[str, ...]:
    from groundwire.testing import KINDS

    kinds = tuple(kind.strip() for kind in text.split(","))
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]!r} among {', '.join(KINDS)}")
    return kinds


def _hindrance(asked: argparse.Namespace, program: Program) -> str:
    """What stands in the way before anything is run; nothing where nothing does."""
    if asked.against is not None:
        for name in ("export", "reference_python", "time"):
            if getattr(asked, name):
                return f"--{name.replace('_', '-')} has no sense with --against, which runs no Lightning"
    for path in (asked.export, asked.html):
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            return f"{path} cannot be written: {'it is a folder' if path.is_dir() else 'there is no such folder'}"
    if program.kind == "-":
        return "the program is run twice, and cannot come from stdin; -c takes its text"
    path = Path(program.name)
    if program.kind != "script" or path.is_dir():
        return ""
    try:
        source = path.read_bytes()
        if path.suffix == ".py":
            ast.parse(source)
    except OSError as error:
        return f"{program.name} cannot be read: {error.strerror}"
    except SyntaxError as error:
        return f"{program.name}:{error.lineno}: this cannot be parsed: {error.msg}"
    except ValueError as error:
        return f"{program.name} is no text of a program: {error}"
    return ""


def _compare(asked: argparse.Namespace, setting: Setting) -> int:
    from groundwire.testing import KINDS, Record, compare
    from groundwire_tools.compare.page import page_of
    from groundwire_tools.compare.report import report_of

    only = asked.only or KINDS
    if asked.against is not None:
        theirs = Record.of_file(asked.against)
    else:
        theirs = _record_of(run_side(setting, THEIRS, python=asked.reference_python))
        _check_reference(theirs)
    if asked.export is not None:
        theirs.export(asked.export)
    ours = _record_of(run_side(setting, OURS, answer_as=_release(theirs)), theirs)
    if ours.is_empty:
        raise SideError("nothing was recorded: the program called no Trainer, and no optimizer made a step")
    outcome = compare(theirs, ours, asked.rtol, only)
    unsteady = None
    if not outcome.is_equal and asked.against is None:
        again = _record_of(run_side(setting, THEIRS, python=asked.reference_python))
        unsteady = compare(theirs, again, asked.rtol, only)
    times = _times(setting, asked.reference_python, _release(theirs)) if asked.time else None
    print(report_of(setting.program, outcome, unsteady, times))
    if asked.time and times is None:
        print("time a step: there are too few steps to tell")
    if asked.html is not None:
        asked.html.write_text(page_of(setting.program, outcome, unsteady, times), "utf-8")
    return EQUAL if outcome.is_equal else DIFFER


def _release(theirs: Record) -> str:
    """The release that the reference ran under, which the other side is told to be."""
    return str(theirs.entry("call", "version") or "2.6.6")


def _check_reference(theirs: Record) -> None:
    framework = theirs.entry("call", "framework")
    if framework is None:
        code = theirs.entry("end", "code")
        told = f"; the program ended with exit code {code}" if code else ""
        raise SideError(f"nothing was recorded: the program called no Trainer of Lightning's{told}")
    if framework == ADAPTER:
        raise SideError(
            f"the program imports {ADAPTER} itself, so no side would run under Lightning: import lightning in it, "
            "which groundwire answers"
        )


def _record_of(side: Side, other: Record | None = None) -> Record:
    """The record of a side.

    Raises:
        CrashError: It crashed; the message tells how far it got and, beside the other, whether it was equal until then.
    """
    from groundwire_tools.compare.report import crash_of

    record = side.record()
    if side.code < 0 or record.entry("end", "error") is not None:
        raise CrashError(crash_of(side, record, other))
    return record


def _times(setting: Setting, python: str | None, version: str) -> Times | None:
    """Both sides in turn, and once more the other way round: what warms the machine up serves both."""
    from groundwire_tools.compare.clock import paired

    rounds = []
    for is_turned in (False, True):
        times = {}
        for name in (OURS, THEIRS) if is_turned else (THEIRS, OURS):
            answer_as, interpreter = (version, None) if name == OURS else (None, python)
            times[name] = run_side(setting, name, answer_as, interpreter, is_timed=True).times()
        rounds.append((times[THEIRS], times[OURS]))
    return paired(rounds)


def _fail(text: str) -> int:
    print(f"groundwire compare: {text}", file=sys.stderr)
    return FAILED
