"""Which files are looked at, and their text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from groundwire_tools.check.uses import Chain

SUFFIXES = (".py", ".ipynb", ".yaml", ".yml")
_NOT_THEIRS = {"__pycache__", "node_modules", "site-packages", "build", "dist", "venv"}


@dataclass(frozen=True, slots=True)
class File:
    """A file to look at.

    Attributes:
        path: Where it is, and as it is shown.
        module: The parts of its dotted name below the folder that was asked for.
        content: What is in it.
        problem: Why it could not be read; empty where it could.
    """

    path: Path
    module: Chain
    content: bytes = b""
    problem: str = ""


def files_of(paths: Iterable[Path]) -> Iterator[File]:
    """The files that are asked for and those in folders that are, each once, whichever links lead to it."""
    seen: set[str] = set()
    for asked in paths:
        for path in _below(asked) if asked.is_dir() else [asked]:
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield _read(path, _module(path, asked if asked.is_dir() else asked.parent))


def _below(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and name not in _NOT_THEIRS and not _is_venv(here, name)
        )
        yield from (Path(here, name) for name in sorted(names) if name.endswith(SUFFIXES))


def _is_venv(here: str, name: str) -> bool:
    return os.path.exists(os.path.join(here, name, "pyvenv.cfg"))  # noqa: PTH110, PTH118  # thousands of them


def _module(path: Path, root: Path) -> Chain:
    parts = path.relative_to(root).with_suffix("").parts if path.is_relative_to(root) else (path.stem,)
    parts = (*_packages(root), *parts)
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def _packages(folder: Path) -> Chain:
    """The packages in which a folder lies."""
    names: list[str] = []
    folder = folder.absolute()
    while (folder / "__init__.py").is_file() and folder.name:
        names.insert(0, folder.name)
        folder = folder.parent
    return tuple(names)


def _read(path: Path, module: Chain) -> File:
    try:
        if path.exists() and not path.is_file():
            return File(path, module, problem="it is no regular file")
        return File(path, module, path.read_bytes())
    except OSError as error:
        return File(path, module, problem=error.strerror or str(error))


def own_roots(paths: Iterable[Path], roots: Iterable[str]) -> set[str]:
    """Packages of a project that are found before an installed one of that name, as a folder ``lightning`` is."""
    tops = [top for path in paths for top in ([path, path / "src"] if path.is_dir() else [path.parent])]
    around = {_packages(path if path.is_dir() else path.parent)[:1] for path in paths}
    return {root for root in roots if (root,) in around} | {
        root
        for root in roots
        for top in tops
        if (top / root / "__init__.py").is_file() or (top / f"{root}.py").is_file()
    }


_IGNORE = re.compile(rb"#\s*groundwire:\s*ignore(?:\[([\w\s,]*)\])?")


def ignored_in(content: bytes) -> dict[int, frozenset[str]]:
    """Line to the codes that a comment there silences; an empty set silences all."""
    if b"groundwire:" not in content:
        return {}
    matches = ((number, _IGNORE.search(line)) for number, line in enumerate(content.splitlines(), 1))
    return {
        number: frozenset(code.strip().upper() for code in (match[1] or b"").decode().split(",") if code.strip())
        for number, match in matches
        if match
    }
