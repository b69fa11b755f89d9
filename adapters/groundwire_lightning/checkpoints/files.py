"""Checkpoint files: their names, and what is done with them in a folder."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import MutableMapping
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from groundwire_lightning.errors import NotSupportedYetError


def real_folder(folder: str | PathLike[str]) -> str:
    """A folder as an absolute path without links.

    Raises:
        NotSupportedYetError: It is no folder of this machine.
    """
    local(folder)
    return os.path.realpath(os.path.expanduser(folder))  # noqa: PTH111  # to the letter what Lightning makes of it


def local(path: Any) -> Path:
    """A path of this machine.

    Raises:
        NotSupportedYetError: It is a URL.
    """
    if "://" in str(path):
        raise NotSupportedYetError(
            f"{path}: checkpoints are files of this machine; mount the storage, or copy the file"
        )
    return Path(path).expanduser()


def filled(template: str, values: MutableMapping[str, Any], equals: str | None) -> str:
    """A template such as ``{epoch:02d}-{val_loss:.2f}``, filled in.

    Args:
        template: Names of values may hold any characters but ``:`` and ``}``.
        values: Name to value; a name that is missing becomes 0, also in there.
        equals: What stands between a name and its value; None leaves the name out.
    """

    def field(found: re.Match[str]) -> str:
        name = found[1]
        values.setdefault(name, torch.tensor(0))
        label = "" if equals is None else f"{name}{equals}"
        return f"{label}{{0[{name}]{found[2]}"

    return re.sub(r"\{(.*?)([:}])", field, template).format(values)


def holds_any(folder: str | None) -> bool:
    """True for a folder with something in it."""
    return folder is not None and Path(folder).is_dir() and any(Path(folder).iterdir())


def versions_of(folder: str, name: str, extension: str) -> set[str]:
    """The files in a folder that are called so, with a version or without."""
    if not Path(folder).is_dir():
        return set()
    of_name = re.compile(rf"^{re.escape(name)}(-(\d+))?")
    found = (path for path in Path(folder).iterdir() if path.suffix == extension and of_name.match(path.stem))
    return {os.path.normpath(path) for path in found}


def link(filepath: str, linkpath: str) -> None:
    """Let ``linkpath`` be a link to a file; a copy where the system knows no links."""
    target, place = Path(filepath), Path(linkpath)
    if target.absolute() == place.absolute():
        return
    if place.is_dir() and not place.is_symlink():
        remove(linkpath)  # nothing replaces a folder in one step
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    try:
        try:
            beside.symlink_to(os.path.relpath(target, place.parent))
        except OSError:
            shutil.copy(target, beside)
        beside.replace(place)  # whoever is killed before leaves the old one
    finally:
        beside.unlink(missing_ok=True)


def remove(filepath: str) -> None:
    """Delete a file, a link, or a folder, where there is one."""
    path = Path(filepath)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def newest_numbered(folder: str, name: str, extension: str) -> str | None:
    """The file in a folder whose name ends with the greatest number, or None."""
    if not Path(folder).is_dir():
        return None
    numbers = [
        int(re.sub("[^0-9]", "", path.name.split(name)[-1]) or 0)
        for path in Path(folder).iterdir()
        if path.name.startswith(name) and path.suffix == extension  # not what a killed process left unfinished
    ]
    return os.path.join(folder, f"{name}{max(numbers)}{extension}") if numbers else None  # noqa: PTH118


def next_numbered(folder: str, name: str, extension: str) -> str:
    """The file that comes after the newest one, or the first."""
    newest = newest_numbered(folder, name, extension)
    number = 0 if newest is None else int(newest.rpartition(name)[2].removesuffix(extension))
    return os.path.join(folder, f"{name}{number + 1}{extension}")  # noqa: PTH118  # a URL must stay one
