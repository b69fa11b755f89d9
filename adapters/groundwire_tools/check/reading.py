"""Files to what was scanned in them; of a project only those that can have to do with Lightning are parsed."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence

from groundwire_tools.check import known
from groundwire_tools.check.configs import MENTIONS, read_config
from groundwire_tools.check.files import File, ignored_in
from groundwire_tools.check.follow import Names
from groundwire_tools.check.notebooks import notebook_of
from groundwire_tools.check.project import Project
from groundwire_tools.check.scan import Scan
from groundwire_tools.check.uses import Broken, Scanned

_PARSING = (SyntaxError, ValueError, RecursionError, MemoryError)


def scan_all(files: Sequence[File], project: Project) -> list[Scanned]:
    """What was seen in each file that names Lightning, or a class of the project that stems from it.

    Args:
        files: All.
        project: Takes their classes.
    """
    waiting = list(files)
    scanned: list[Scanned] = []
    wanted = re.compile(rb"\b(?:" + "|".join(sorted(known.roots())).encode() + rb")")
    while True:
        later: list[File] = []
        before = len(scanned)
        for file in waiting:
            if file.problem or _is_wanted(file, wanted):
                scanned.append(scan(file))
                project.add(scanned[-1])
            else:
                later.append(file)
        if len(scanned) == before:
            return scanned
        waiting = later
        names = Names(project)
        stems = {record.chain[-1] for record in project.records() if names.bases(record)}
        if not stems:
            return scanned
        wanted = re.compile(rb"\b(?:" + "|".join(sorted(map(re.escape, stems))).encode() + rb")\b")


def _is_wanted(file: File, wanted: re.Pattern[bytes]) -> bool:
    pattern = MENTIONS if file.path.suffix in (".yaml", ".yml") else wanted
    return pattern.search(file.content) is not None


def scan(file: File) -> Scanned:
    """What is in one file."""
    scanned = Scanned(str(file.path), ignored=ignored_in(file.content))
    if file.problem:
        scanned.broken.append(Broken(1, 1, f"it cannot be read: {file.problem}"))
    elif file.path.suffix in (".yaml", ".yml"):
        read_config(file.content, scanned)
    elif file.path.suffix == ".ipynb":
        _scan_notebook(file, scanned)
    else:
        scan_python(file.content, file, scanned)
    return scanned


def _scan_notebook(file: File, scanned: Scanned) -> None:
    try:
        notebook = notebook_of(file.content)
    except _PARSING as error:
        scanned.broken.append(Broken(1, 1, f"it is no notebook: {error}"))
        return
    scanned.cells, scanned.ignored = notebook.cells, ignored_in(notebook.source.encode())
    scanned.broken += notebook.broken
    scan_python(notebook.source, file, scanned)


def scan_python(source: str | bytes, file: File, scanned: Scanned) -> None:
    """What is in Python code.

    Args:
        source: The code.
        file: Where it stands in its project.
        scanned: What is filled.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python says of their strings is not asked
            tree = ast.parse(source)
        Scan(scanned, file.module, file.path.stem == "__init__").run(tree)
    except _PARSING as error:
        place = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
        scanned.broken.append(Broken(*place, f"it is no Python: {getattr(error, 'msg', None) or type(error).__name__}"))
