"""A project, fixed: which files change, and what is left in them, as the check has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from groundwire_tools.check import known
from groundwire_tools.check.files import File
from groundwire_tools.check.follow import Names
from groundwire_tools.check.project import Project
from groundwire_tools.check.reading import scan_all
from groundwire_tools.check.report import Finding, report_on
from groundwire_tools.fix.configs import fixed_config
from groundwire_tools.fix.dotted import strings_in
from groundwire_tools.fix.imports import Imports
from groundwire_tools.fix.notebooks import fixed_notebook, place_in_cell, python_of
from groundwire_tools.fix.place import Place
from groundwire_tools.fix.python import fixed_python
from groundwire_tools.fix.texts import Decoded, decoded

_UNREADABLE = SyntaxError, ValueError, RecursionError, MemoryError
_LEFT = "GW221"
_OF_LIGHTNING_1 = "GW105", "GW106"
"""What is found of names that run as they are, whichever root they have."""


class Outcome(NamedTuple):
    """What fixing a project comes to.

    Attributes:
        changed: Files that change, each with what is in it from now on.
        left: What cannot be done, with its places in the files as they are from now on.
        is_whole: No file had to be skipped.
    """

    changed: list[tuple[File, bytes]]
    left: list[Finding]
    is_whole: bool


def fixed(files: Sequence[File], shadows: Iterable[str]) -> Outcome:
    """Fix files; nothing is written.

    Args:
        files: All of the project, since classes are followed through them.
        shadows: Packages of the project that stand in Lightning's place.
    """
    project = Project(shadows)
    scanned = {one.path: one for one in scan_all(files, project)}
    names = Names(project)
    results: list[File] = []
    for file in files:
        one = scanned.get(str(file.path))
        is_skipped = one is None or (one.broken and not is_notebook(file))
        results.append(file if is_skipped else replace(file, content=_fixed_content(file, names)))
    report = report_on(results, shadows)
    findings = {
        (one.path, one.cell, one.line, one.column): one for one in report.findings if one.code not in _OF_LIGHTNING_1
    }
    problems = dict.fromkeys(report.problems)
    for file in results:
        problems.update((findings.get(_spot(one), one), None) for one in _still_theirs(file, names))
    left = sorted(problems, key=lambda one: (one.path, one.cell or 0, one.line, one.column, one.code))
    changed = [(old, new.content) for old, new in zip(files, results, strict=True) if old.content != new.content]
    return Outcome(changed, left, not any(one.broken for one in scanned.values()))


def _spot(one: Finding) -> tuple[str, int | None, int, int]:
    return one.path, one.cell, one.line, one.column


def is_notebook(file: File) -> bool:
    """True for a notebook."""
    return file.path.suffix == ".ipynb"


def _is_config(file: File) -> bool:
    return file.path.suffix in (".yaml", ".yml")


def text_of(file: File) -> Decoded:
    """The text of a file."""
    return decoded(file.content, is_python=not (_is_config(file) or is_notebook(file)))


def _fixed_content(file: File, names: Names) -> bytes:
    try:
        source = text_of(file)
        if _is_config(file):
            text = fixed_config(source.text, names)
        elif is_notebook(file):
            text = fixed_notebook(source.text, lambda program: fixed_python(program, file, names))
        else:
            text = fixed_python(source.text, file, names)
    except _UNREADABLE:
        return file.content  # which the report says as well
    return source.encoded(text)


# what is left

_ROOTS = "|".join(sorted(root for root in known.roots() if known.is_foreign(root)))
_FOREIGN = re.compile(rf"\b(?:{_ROOTS})".encode())


def _still_theirs(file: File, names: Names) -> Iterator[Finding]:
    """Imports and strings that name Lightning as before."""
    if _is_config(file) or file.problem or not _FOREIGN.search(file.content):
        return
    try:
        text = text_of(file).text
        program = python_of(text) if is_notebook(file) else text
        place = Place(program, file, names)
    except _UNREADABLE:
        return
    nodes: list[tuple[Any, str]] = [(node, f"{path} is Lightning's as before") for node, path in Imports(place).left()]
    nodes += [(node, f"{path!r} may be a path or the name of a logger") for node, path in strings_in(place)]
    for node, why in nodes:
        if not place.is_ignored(node):
            cell, line = place_in_cell(program, node.lineno) if is_notebook(file) else (None, node.lineno)
            yield Finding(str(file.path), line, node.col_offset + 1, cell, _LEFT, why)
