"""Rewrite imports of Lightning, and what Lightning 1 spelled otherwise, for groundwire; list what cannot be done."""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from groundwire_tools.check.files import File
    from groundwire_tools.fix.project import Outcome

SAME, CHANGED, FAILED = 0, 1, 2
STDIN = Path("-")
HOW_TO_FIX = """\
examples:
  groundwire fix --diff src configs
  groundwire fix train.py
  groundwire fix - < train.py > fixed.py

Files, folders, notebooks and YAML; code for pytorch-accelerated too. A comment `# groundwire: ignore` keeps its line.
What is left is listed with the codes of `groundwire check`: on stdout, or on stderr where stdout has the text. Names,
arguments and hooks of Lightning 1 that have no one spelling today run as they are, and are not listed.
The exit code is 0 where nothing changed, 1 where something did (or would, with --diff), and 2 where a file cannot be
read or written.
"""


def main(argv: Sequence[str]) -> int:
    """Run ``groundwire fix``.

    Args:
        argv: The words after ``fix``.

    Returns:
        0 where nothing changed, 1 where something did, 2 where something could not be done.
    """
    try:
        asked = _fix_options().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if importlib.util.find_spec("libcst") is None:
        return _failed("it needs LibCST: pip install 'groundwire[fix]'")
    missing = [path for path in asked.paths if path != STDIN and not path.exists()]
    if missing:
        return _failed(f"there is no {', '.join(map(str, missing))}")
    if STDIN in asked.paths and len(asked.paths) > 1:
        return _failed("- is the whole of what is read")
    from groundwire_tools.check import known
    from groundwire_tools.check.command import printed
    from groundwire_tools.check.files import File, files_of, own_roots
    from groundwire_tools.fix.project import fixed

    is_stdin = asked.paths == [STDIN]
    read = [File(Path("<stdin>"), ("stdin",), sys.stdin.buffer.read())] if is_stdin else list(files_of(asked.paths))
    outcome = fixed(read, set() if is_stdin else own_roots(asked.paths, known.roots()))
    if asked.diff:
        is_done = not outcome.changed or printed(_as_diff(outcome.changed))
    elif is_stdin:
        sys.stdout.buffer.write(outcome.changed[0][1] if outcome.changed else read[0].content)
        is_done = True
    else:
        written = [_is_written(file, after) for file, after in outcome.changed]
        is_done = all(written)
    _list_left(outcome, sys.stderr if asked.diff or is_stdin else sys.stdout)
    if not (is_done and outcome.is_whole):
        return FAILED
    return CHANGED if outcome.changed and not asked.exit_zero_even_if_changed else SAME


def _fix_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="groundwire fix",
        description=__doc__,
        epilog=HOW_TO_FIX,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or folder; - is stdin, to stdout")
    parser.add_argument("--diff", action="store_true", help="print what would change, and change nothing")
    parser.add_argument("--exit-zero-even-if-changed", action="store_true", help="exit 0 instead of 1")
    return parser


def _failed(text: str) -> int:
    print(f"groundwire fix: {text}", file=sys.stderr)
    return FAILED


def _as_diff(changed: Sequence[tuple[File, bytes]]) -> str:
    """The changes as one unified diff."""
    from groundwire_tools.fix.project import text_of
    from groundwire_tools.fix.texts import split_lines

    lines: list[str] = []
    for file, after in changed:
        source, path = text_of(file), str(file.path)
        new = after.removeprefix(source.mark).decode(source.encoding)
        diff = difflib.unified_diff(split_lines(source.text), split_lines(new), path, path)
        lines += (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff)
    return "".join(lines).removesuffix("\n")


def _is_written(file: File, after: bytes) -> bool:
    from groundwire_tools.fix.writing import write_whole

    try:
        write_whole(file.path, after)
    except OSError as error:
        _failed(f"{file.path} stays as it is: {error.strerror}")
        return False
    print(f"fixed {file.path}")
    return True


def _list_left(outcome: Outcome, stream: TextIO) -> None:
    """List what is left."""
    for one in outcome.left:
        print(f"{one.place}: {one.code} {one.text}", file=stream)
    count = len(outcome.left)
    if count:
        places = f"{count} place{'' if count == 1 else 's'}"
        print(f"Left as {'it is' if count == 1 else 'they are'}: {places}; groundwire check tells more.", file=stream)
