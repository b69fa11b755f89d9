"""Run an unmodified Lightning program: its imports are answered by groundwire, and Lightning is never imported."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Container, Sequence
from pathlib import Path

from groundwire_tools.run.answers import VERSION, Ahead, install
from groundwire_tools.run.program import NoProgramError, Program, run
from groundwire_tools.run.record import Record

WRONG = 2
WAYS_TO_RUN = """\
examples:
  groundwire run train.py --epochs 3
  groundwire run -v --report run.json -m package.train
  groundwire run --as 1.9.5 -c "import pytorch_lightning as pl; print(pl.__version__)"

What follows the program belongs to it. The exit code is the program's: 130 where Ctrl-C ended it, 1 where --strict
found something, 2 where there is nothing to run. Child processes are answered as well, by a folder on their PYTHONPATH;
so those are not that run under python -E, -I or -S, or without the environment of their parent: they import the real
Lightning, or find none. The last line, on stderr, tells of this process alone.
"""


def main(argv: Sequence[str]) -> int:
    """Run ``groundwire run``.

    Args:
        argv: The words after ``run``.

    Returns:
        The exit code of the program; 2 where the line cannot be understood or groundwire cannot answer.
    """
    own, program = divided(argv)
    try:
        asked = _run_options().parse_args(own)
    except SystemExit as stop:
        return int(stop.code or 0)
    if program is None:
        return _wrong("a script, -m MODULE, -c CODE or - is due; `groundwire run --help` shows examples")
    record, report, process = Record(asked.strict), asked.report and asked.report.absolute(), os.getpid()
    try:
        if report is not None:
            report.open("a", encoding="utf-8").close()  # told before hours of training, not after them
        install(asked.version)
        record.listen()
        code, error = run(program, asked.full_traceback)
    except OSError as error_of_file:
        return _wrong(f"--report {asked.report}: {error_of_file.strerror}")
    except (ImportError, ValueError, NoProgramError) as reason:
        return _wrong(str(reason))
    if error is not None:
        record.add_error(error)
    if asked.strict and code == 0 and record.of_kind("GW2"):
        code = 1
    if os.getpid() == process:  # and no fork of the program that ran to its end
        _tell(record, program, code, asked.verbose, report)
    return code


def divided(argv: Sequence[str], with_value: Container[str] = ("--as", "--report")) -> tuple[list[str], Program | None]:
    """The command's own words, and the program with those that belong to it.

    Args:
        argv: The words after the command.
        with_value: The options whose next word is their value.
    """
    words = list(argv)
    for number, word in enumerate(words):
        if number and words[number - 1] in with_value:
            continue
        rest = tuple(words[number + 1 :])
        if word in ("-m", "-c"):
            return words[:number], Program(word, rest[0], rest[1:]) if rest else None
        if word == "-":
            return words[:number], Program("-", "", rest)
        if word == "--":
            return words[:number], Program("script", rest[0], rest[1:]) if rest else None
        if not word.startswith("-"):
            return words[:number], Program("script", word, rest)
    return words, None


def _run_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="groundwire run",
        usage="groundwire run [options] SCRIPT | -m MODULE | -c CODE | -  [arguments of the program]",
        description=__doc__,
        epilog=WAYS_TO_RUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    told = f"the release that the program is told (default: {VERSION})"
    parser.add_argument("--as", dest="version", metavar="VERSION", help=told)
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for all that differs, and where")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what ran, and what differs, as JSON")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="an error, before any data is read, where something would run with another meaning (GW2xx)",
    )
    parser.add_argument("--full-traceback", action="store_true", help="show the frames of this command as well")
    return parser


def _tell(record: Record, program: Program, code: int, verbose: bool, report: Path | None) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # a program may close it, or leave none
        sys.stdout.flush()
    lines = [f"groundwire run: {record.summary()}"]
    if verbose:
        lines += [f"  {line}" for line in record.details()]
    print("\n".join(lines), file=sys.stderr)
    if report is not None:
        name = program.name if program.kind == "script" else f"{program.kind} {program.name}".strip()
        version = next((finder.version for finder in sys.meta_path if isinstance(finder, Ahead)), VERSION)
        report.write_text(json.dumps(record.as_data(name, version, code), indent=2) + "\n", "utf-8")


def _wrong(text: str) -> int:
    print(f"groundwire run: {text}", file=sys.stderr)
    return WRONG
