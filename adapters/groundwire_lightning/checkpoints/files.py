"""Checkpoint files in folders, of this machine or at a URL: their names, versions and links."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import MutableMapping
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from groundwire.saved import storage


def real_folder(folder: str | PathLike[str]) -> str:
    """A folder as an absolute path without links; a URL as it is."""
    if storage.is_url(folder):
        return os.fspath(folder)
    # the very spelling of Lightning, which checkpoints keep
    return os.path.realpath(os.path.expanduser(storage.without_file_scheme(folder)))  # noqa: PTH111


def place(path: Any) -> Path | str:
    """A path of this machine, with ``~`` expanded, or a URL as it is."""
    return str(path) if storage.is_url(path) else Path(storage.without_file_scheme(path)).expanduser()


def exists(path: Any) -> bool:
    """True for a file or a folder that is there."""
    where = place(path)
    return where.exists() if isinstance(where, Path) else storage.exists(where)


def modified(path: Any) -> float:
    """When a file was written last, in seconds."""
    where = place(path)
    return where.stat().st_mtime if isinstance(where, Path) else storage.modified(where)


def is_below(path: str | PathLike[str], folder: str) -> bool:
    """True for a file in a folder, or in one of its folders; of a URL it is taken to be so, as in Lightning."""
    where, above = place(path), place(folder)
    return isinstance(where, str) or isinstance(above, str) or above.absolute() in where.absolute().parents


def is_same(path: str | PathLike[str], other: str | PathLike[str]) -> bool:
    """True for two spellings of one file."""
    one, two = (where if isinstance(where, str) else where.absolute() for where in (place(path), place(other)))
    return one == two


def names_in(folder: str) -> list[str]:
    """The names in a folder; one that does not exist holds none."""
    where = place(folder)
    if isinstance(where, str):
        return storage.names(where)
    return [path.name for path in where.iterdir()] if where.is_dir() else []


def filled_name(template: str, values: MutableMapping[str, Any], equals: str | None) -> str:
    """A template such as ``{epoch:02d}-{val_loss:.2f}``, filled in.

    Args:
        template: The template; names of values may hold any characters but ``:`` and ``}``.
        values: Name to value; a name that is missing is added to it, as 0.
        equals: The text between a name and its value; None leaves the name out.
    """

    def field(placeholder: re.Match[str]) -> str:
        name, end = placeholder.groups()
        values.setdefault(name, torch.tensor(0))
        label = "" if equals is None else f"{name}{equals}"
        return f"{label}{{0[{name}]{end}"  # str.format looks such a name up as it is, with its slashes and dots

    return re.sub(r"\{(.*?)([:}])", field, template).format(values)


def holds_any(folder: str | None) -> bool:
    """True for a folder with something in it."""
    return folder is not None and bool(names_in(folder))


def versions_of(folder: str, name: str, extension: str) -> set[str]:
    """The checkpoints in a folder that have a name, with a version such as ``-v1`` or without.

    Args:
        folder: The folder; one that does not exist holds none.
        name: The name, without version and extension.
        extension: The extension, with its dot.
    """
    of_name = re.compile(rf"^{re.escape(name)}(-(\d+))?")
    names = (each for each in names_in(folder) if each.endswith(extension) and of_name.match(each))
    joined = (os.path.join(folder, each) for each in names)  # noqa: PTH118  # a URL must stay one
    return {path if storage.is_url(path) else os.path.normpath(path) for path in joined}


def link(filepath: str, linkpath: str) -> None:
    """Make ``linkpath`` a relative link to a file, or a copy where the system or the store has no links."""
    if is_same(filepath, linkpath):
        return
    if storage.is_url(linkpath):
        storage.copy(filepath, linkpath)
        return
    target, there = Path(filepath), Path(linkpath)
    if there.is_dir() and not there.is_symlink():
        remove(linkpath)  # nothing replaces a folder in one step
    beside = there.with_name(f".{there.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        try:
            beside.symlink_to(os.path.relpath(target, there.parent))
        except OSError:
            shutil.copy(target, beside)
        beside.replace(there)  # in one step: a process that is killed before leaves the old link
    finally:
        beside.unlink(missing_ok=True)


def remove(filepath: str) -> None:
    """Delete a file, a link, or a folder, where there is one."""
    path = place(filepath)
    if isinstance(path, str):
        storage.remove(path)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def newest_numbered(folder: str, name: str, extension: str) -> str | None:
    """The path of the file in a folder whose name ends with the greatest number, or None where there is none.

    Args:
        folder: The folder; one that does not exist holds none.
        name: The name before the number.
        extension: The extension, with its dot.
    """
    numbers = [
        int(re.sub("[^0-9]", "", each.split(name)[-1]) or 0)
        for each in names_in(folder)
        if each.startswith(name) and each.endswith(extension)  # not what a killed process left unfinished
    ]
    return os.path.join(folder, f"{name}{max(numbers)}{extension}") if numbers else None  # noqa: PTH118


def next_numbered(folder: str, name: str, extension: str) -> str:
    """The file that comes after the newest one, or the first."""
    newest = newest_numbered(folder, name, extension)
    number = 0 if newest is None else int(newest.rpartition(name)[2].removesuffix(extension))
    return os.path.join(folder, f"{name}{number + 1}{extension}")  # noqa: PTH118  # a URL must stay one
