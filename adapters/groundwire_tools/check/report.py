"""The report: every use of every file, judged, and what that comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from groundwire_tools.check import known
from groundwire_tools.check.files import File, files_of, own_roots
from groundwire_tools.check.follow import Names
from groundwire_tools.check.judge import Verdict, verdicts
from groundwire_tools.check.project import Project
from groundwire_tools.check.reading import scan_all

RANK = ("GW3", "GW0", "GW2", "GW1", "")
"""How codes begin, the worst first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its place.

    Attributes:
        path: Of the file.
        line: In the file, or in the cell.
        column: From 1.
        cell: Of a notebook, from 1.
        code: Of the finding.
        text: What is the matter, why, and what to do.
    """

    path: str
    line: int
    column: int
    cell: int | None
    code: str
    text: str

    @property
    def weight(self) -> int:
        """0 for the worst."""
        return RANK.index(self.code[:3])

    @property
    def place(self) -> str:
        """Where, as it is shown."""
        return f"{self.path}:{f'cell {self.cell}:' if self.cell else ''}{self.line}:{self.column}"


@dataclass(frozen=True)
class Report:
    """What a check comes to.

    Attributes:
        uses: Every use, the fine ones too, with an empty code.
        own_roots: Packages of the project that stand in Lightning's place.
        files: How many were looked at.
    """

    uses: tuple[Finding, ...]
    own_roots: tuple[str, ...]
    files: int

    @cached_property
    def findings(self) -> list[Finding]:
        """The uses that are not simply fine."""
        return [use for use in self.uses if use.code]

    @cached_property
    def problems(self) -> list[Finding]:
        """The findings because of which a check fails: those that run through something of ours are not among them."""
        return [finding for finding in self.findings if not finding.code.startswith("GW1")]

    @cached_property
    def counts(self) -> Counter[str]:
        """How the codes begin to how many there are."""
        return Counter(use.code[:3] for use in self.uses)

    @cached_property
    def using_files(self) -> dict[str, bool]:
        """Files with a use to whether all in it can run."""
        runs = {use.path: True for use in self.uses}
        runs.update({use.path: False for use in self.uses if use.code[:3] in ("GW0", "GW3")})
        return runs

    @property
    def percent_of_uses(self) -> float:
        """Of the uses that can be judged, those that run."""
        judged = sum(count for start, count in self.counts.items() if start != "GW0")
        return _percent(judged - self.counts["GW3"], judged)

    @property
    def percent_of_files(self) -> float:
        """Of the files with a use, those in which everything runs."""
        return _percent(sum(self.using_files.values()), len(self.using_files))

    @property
    def will_it_run(self) -> str:
        """``"yes"``, ``"yes, but"`` or ``"no"``."""
        if self.counts["GW3"]:
            return "no"
        return "yes, but" if self.problems else "yes"


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def checked(paths: Sequence[Path]) -> Report:
    """Look at files and folders.

    Args:
        paths: They are there.
    """
    return report_on(list(files_of(paths)), own_roots(paths, known.roots()))


def report_on(files: Sequence[File], shadows: Iterable[str]) -> Report:
    """Look at files that were read.

    Args:
        files: All.
        shadows: Packages of the project that stand in Lightning's place.
    """
    project = Project(shadows)
    every = scan_all(files, project)
    names = Names(project)
    uses: list[Finding] = []
    for scanned in sorted(every, key=lambda one: one.path):
        for verdict in verdicts(scanned, names):
            if not _is_ignored(verdict, scanned.ignored.get(verdict.line)):
                cell, line = scanned.cells.get(verdict.line, (None, verdict.line))
                uses.append(Finding(scanned.path, line, verdict.column, cell, verdict.code, verdict.text))
    return Report(tuple(uses), tuple(sorted(shadows)), len(files))


def _is_ignored(verdict: Verdict, codes: frozenset[str] | None) -> bool:
    return bool(verdict.code) and codes is not None and (not codes or verdict.code in codes)
