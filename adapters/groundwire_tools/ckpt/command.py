"""Look into checkpoints, compare two, and write one in another form; nothing that a file names is run or imported."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

EQUAL, DIFFER, FAILED = 0, 1, 2
TARGETS = ("lightning", "safetensors", "state-dict", "native", "pytorch-accelerated")
MOST_ROWS = 20
LINES = """\
examples:
  groundwire ckpt show last.ckpt
  groundwire ckpt diff before.ckpt after.ckpt --rtol 1e-6
  groundwire ckpt convert last.ckpt model.safetensors --to safetensors --strip-prefix model.

The exit code is 0, for `diff` 1 where the two differ, and 2 where a file cannot be read, converted or written.
"""


def main(argv: Sequence[str]) -> int:
    """Run ``groundwire ckpt``.

    Args:
        argv: The words after ``ckpt``.

    Returns:
        0, or 1 where two checkpoints differ, or 2 where it cannot be done.
    """
    try:
        asked = _command_line().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    from groundwire.errors import CheckpointError

    action: Callable[[argparse.Namespace], int] = asked.action
    try:
        return action(asked)
    except BrokenPipeError:  # nobody reads on, as under `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (CheckpointError, OSError) as error:
        _complain(str(error))
        return FAILED


def _command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="groundwire ckpt",
        description=__doc__,
        epilog=LINES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_show(actions)
    _add_diff(actions)
    _add_convert(actions)
    return parser


def _add_show(actions: Any) -> None:
    show = actions.add_parser("show", help="what is in a file", description="Tell what is in a checkpoint.")
    show.add_argument("file", type=Path, metavar="FILE")
    show.add_argument("--weights", action="store_true", help="list every weight")
    show.add_argument("--hparams", action="store_true", help="list every hyper-parameter, as long as it is")
    _add_form(show)
    show.set_defaults(action=_show)


def _add_diff(actions: Any) -> None:
    diff = actions.add_parser("diff", help="where two files differ", description="Tell where two checkpoints differ.")
    diff.add_argument("a", type=Path, metavar="A")
    diff.add_argument("b", type=Path, metavar="B")
    diff.add_argument("--rtol", type=_tolerance, default=0.0, help="numbers this close, relative to B, are equal (0)")
    diff.add_argument("--weights", action="store_true", help="compare the weights alone, whatever the forms are")
    diff.add_argument("--all", action="store_true", help=f"list all differences, not the first {MOST_ROWS}")
    _add_form(diff)
    diff.set_defaults(action=_diff)


def _add_convert(actions: Any) -> None:
    convert = actions.add_parser(
        "convert",
        help="a file in another form",
        description="Write a checkpoint in another form; one of Lightning 1.x becomes one of 2.x on the way.",
    )
    convert.add_argument("source", type=Path, metavar="IN")
    convert.add_argument("target", type=Path, metavar="OUT")
    convert.add_argument("--to", required=True, choices=TARGETS, help="the form of OUT")
    convert.add_argument("--strip-prefix", default="", metavar="PREFIX", help="what names of weights lose")
    convert.add_argument("--add-prefix", default="", metavar="PREFIX", help="what names of weights then get")
    which = convert.add_mutually_exclusive_group()
    which.add_argument(
        "--averaged", dest="which", action="store_const", const="averaged", help="the average (EMA, SWA)"
    )
    which.add_argument("--raw", dest="which", action="store_const", const="raw", help="the weights beside the average")
    convert.add_argument("--drop-foreign", action="store_true", help="leave out what OUT cannot hold")
    convert.add_argument("--force", action="store_true", help="replace OUT where it exists")
    convert.set_defaults(action=_convert)


def _add_form(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="how it is told (text)")


def _tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"a number from 0 on is due, not {text!r}")
    return value


# the three actions; what reads files, and torch with it, is imported where they begin


def _show(asked: argparse.Namespace) -> int:
    from groundwire_tools.ckpt.contents import contents_of
    from groundwire_tools.ckpt.overview import as_lines, overview

    told = overview(contents_of(asked.file))
    _print(
        [json.dumps(told, indent=2)] if asked.output_format == "json" else as_lines(told, asked.weights, asked.hparams)
    )
    return EQUAL


def _diff(asked: argparse.Namespace) -> int:
    from groundwire_tools.ckpt.contents import contents_of
    from groundwire_tools.ckpt.differences import differences
    from groundwire_tools.ckpt.overview import SCHEMA

    a, b = contents_of(asked.a), contents_of(asked.b)
    parts = (a.weights, b.weights) if asked.weights else (a.state, b.state)
    rows = differences(*parts, asked.rtol)
    if asked.output_format == "json":
        told = {"schema_version": SCHEMA, "a": str(asked.a), "b": str(asked.b), "equal": not rows}
        _print([json.dumps(told | {"differences": [_finite(row._asdict()) for row in rows]}, indent=2)])
    else:
        _print(_difference_lines(rows, None if asked.all else MOST_ROWS))
    return DIFFER if rows else EQUAL


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose numbers JSON knows."""
    largest = row["largest"]
    return row if largest is None or largest - largest == 0 else row | {"largest": repr(largest)}


def _difference_lines(rows: Sequence[Any], most: int | None) -> list[str]:
    if not rows:
        return ["equal"]
    first = rows[0]
    sides = f"A has {first.a or 'nothing'}, B has {first.b or 'nothing'}"
    cells = [("entry", "differs in", "A", "B", "max abs difference")]
    cells += [
        (row.path, row.what, row.a, row.b, "" if row.largest is None else f"{row.largest:.6g}") for row in rows[:most]
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    hidden = len(rows) - len(cells) + 1
    more = [f"… and {hidden} more; --all lists them"] if hidden else []
    return [f"first difference: {first.path}: {sides}", "", *table, *more, "", f"{len(rows)} entries differ"]


def _convert(asked: argparse.Namespace) -> int:
    from groundwire.errors import CheckpointError
    from groundwire_tools.ckpt.contents import contents_of
    from groundwire_tools.ckpt.conversion import Wishes, convert

    if asked.target.is_dir():
        raise CheckpointError(f"{asked.target} is a folder; the name of a file is due")
    if asked.target.exists() and not asked.force:
        raise CheckpointError(f"{asked.target} exists; --force replaces it")
    wishes = Wishes(asked.to, asked.which, asked.strip_prefix, asked.add_prefix, asked.drop_foreign)
    for note in convert(contents_of(asked.source), asked.target, wishes):
        _complain(note)
    _print([f"wrote {asked.target}"])
    return EQUAL


def _complain(text: str) -> None:
    from groundwire_tools.ckpt.printable import printable

    print(f"groundwire ckpt: {chr(10).join(map(printable, text.splitlines()))}", file=sys.stderr)


def _print(lines: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    print("\n".join(lines).encode(encoding, "replace").decode(encoding), flush=True)
