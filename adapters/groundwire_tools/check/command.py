"""Say of files, folders, notebooks and configurations whether Lightning code in them will run, and what to change."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

CLEAN, FINDINGS, WRONG = 0, 1, 2
FORMS = ("text", "json", "github", "sarif")
EXAMPLE = """\
examples:
  groundwire check train.py
  groundwire check src configs --output-format github --fail-under 90

A comment `# groundwire: ignore[GW201]` silences that finding in its line, `# groundwire: ignore` every one.
Findings GW1xx change nothing and are listed with --verbose; GW2xx run with another meaning; GW3xx cannot run.
The exit code is 0 where there is no GW0xx, GW2xx or GW3xx, 1 where there is one, and 2 where the check cannot be made.
"""


def main(argv: Sequence[str]) -> int:
    """Run ``groundwire check``.

    Args:
        argv: The words after ``check``.

    Returns:
        0 where all runs as it did, 1 where something does not, 2 where the line cannot be understood.
    """
    try:
        asked = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    missing = [path for path in asked.paths if not path.exists()]
    if missing:
        print(f"groundwire check: there is no {', '.join(map(str, missing))}", file=sys.stderr)
        return WRONG
    from groundwire_tools.check.formats import FORMATS, as_step_summary, as_text
    from groundwire_tools.check.report import checked

    report = checked(asked.paths)
    text = as_text(report, asked.verbose) if asked.output_format == "text" else FORMATS[asked.output_format](report)
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if page and asked.output_format == "github":
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(as_step_summary(report))
    if not printed(text):
        return WRONG
    if asked.exit_zero:
        return CLEAN
    if asked.fail_under is not None:
        return FINDINGS if report.percent_of_uses < asked.fail_under else CLEAN
    return FINDINGS if report.problems else CLEAN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="groundwire check",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or folder; nothing of it is run")
    parser.add_argument("--output-format", choices=FORMS, default="text", help="how it is told (default: text)")
    parser.add_argument(
        "--fail-under", type=_share, metavar="PCT", help="exit 1 only where fewer of the uses than that run"
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 whatever is found")
    parser.add_argument("-v", "--verbose", action="store_true", help="list GW1xx as well, which change nothing")
    return parser


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 100:
        raise ValueError(text)
    return share


def printed(text: str) -> bool:
    """Print a text; False where nobody reads on, as under ``| head``.

    Args:
        text: What the encoding of stdout has no place for is replaced.
    """
    try:
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True
