"""Write the loop that a Lightning program runs as one plain PyTorch program, without groundwire and Lightning."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from groundwire.saved.whole_files import workplace

DONE, REFUSED, WRONG = 0, 1, 2
HOW_TO_EJECT = """\
examples:
  groundwire eject train.py -o plain.py
  groundwire eject train.py -o plain.py -- --epochs 3
  groundwire eject train.py -o - | less

The script is run up to the first batch of its fit, with the arguments behind --, and no further: the loop is written
for the run that these make. What has no plain counterpart is refused by name, and then nothing is written.

The exit code is 0, or 1 where the program cannot be written plainly, or 2 where there is nothing to read or to write.
"""


def main(argv: Sequence[str]) -> int:
    """Run ``groundwire eject``.

    Args:
        argv: The words after ``eject``.

    Returns:
        0, or 1 where something has no plain counterpart, or 2 where the script or the output is none.
    """
    words = list(argv)
    at = words.index("--") if "--" in words else len(words)
    try:
        asked = _options_of_eject().parse_args(words[:at])
    except SystemExit as stop:
        return int(stop.code or 0)
    script, output = Path(asked.script), asked.output
    if complaint := _complaint(script, output):
        return _ended(complaint, WRONG)
    from groundwire_tools.eject.facts import NotPlainError
    from groundwire_tools.eject.looking.observed import observe
    from groundwire_tools.eject.writing.program import written

    target = None if output == "-" else Path(output).absolute()
    try:
        source = script.read_bytes().decode("utf-8-sig")
        compile(source, str(script), "exec", dont_inherit=True)
        with contextlib.redirect_stdout(sys.stderr):  # standard output may be where the program goes
            facts = observe(script, tuple(words[at + 1 :]))
        text = written(script, source, facts)
    except (SyntaxError, UnicodeDecodeError, ValueError) as error:
        return _ended(f"{script} is no Python: {error}", WRONG)
    except ImportError as error:
        return _ended(str(error), WRONG)
    except NotPlainError as reason:
        return _ended(f"{reason}. Nothing was written", REFUSED)
    if target is None:
        print(text, end="")
        return DONE
    try:
        write_program(target, text)
    except OSError as error:
        return _ended(f"{output} cannot be written: {error.strerror}", WRONG)
    left_out = f"; left out: {', '.join(facts.left_out)}" if facts.left_out else ""
    return _ended(f"{output} has {len(text.splitlines())} lines{left_out}", DONE)


def _options_of_eject() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="groundwire eject",
        usage="groundwire eject SCRIPT -o FILE [-- arguments of the script]",
        description=__doc__,
        epilog=HOW_TO_EJECT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("script", metavar="SCRIPT", help="the program, a Python file")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write; - prints it")
    return parser


def _complaint(script: Path, output: str) -> str:
    """Why there is nothing to do; empty where there is."""
    if not script.is_file():
        return f"there is no file {script}"
    if output != "-":
        target = Path(output)
        if target.exists() and target.samefile(script):
            return f"{output} is the script itself; name another file"
        if target.is_dir() or not target.absolute().parent.is_dir():
            return f"{output} cannot be written: {'it is a folder' if target.is_dir() else 'there is no such folder'}"
    return ""


def write_program(target: Path, text: str) -> None:
    """Write a file whole, or not at all.

    Args:
        target: Its path; a file that is there is replaced.
        text: What it holds.

    Raises:
        OSError: It cannot be written.
    """
    with workplace(target) as folder:
        whole = folder / target.name
        whole.write_text(text, "utf-8")
        whole.replace(target)


def _ended(text: str, code: int) -> int:
    print(f"groundwire eject: {text}", file=sys.stderr)
    return code
