"""Checkpoint files in folders: their names, versions and links."""

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
        NotSupportedYetError: It is the URL of a folder elsewhere.
    """
    local_path(folder)
    return os.path.realpath(os.path.expanduser(folder))  # noqa: PTH111  # the very spelling of Lightning, which checkpoints keep


def local_path(path: Any) -> Path:
    """A path of this machine, with ``~`` expanded.

    Raises:
        NotSupportedYetError: It is a URL.
    """
    if "://" in str(path):
        raise NotSupportedYetError(
            f"{path}: checkpoints are files of this machine; mount the storage, or copy the file"
        )
    return Path(path).expanduser()


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
    return folder is not None and Path(folder).is_dir() and any(Path(folder).iterdir())


def versions_of(folder: str, name: str, extension: str) -> set[str]:
    """The checkpoints in a folder that have a name, with a version such as ``-v1`` or without.

    Args:
        folder: The folder; one that does not exist holds none.
        name: The name, without version and extension.
        extension: The extension, with its dot.
    """
    if not Path(folder).is_dir():
        return set()
    of_name = re.compile(rf"^{re.escape(name)}(-(\d+))?")
    paths = (path for path in Path(folder).iterdir() if path.suffix == extension and of_name.match(path.stem))
    return {os.path.normpath(path) for path in paths}


def link(filepath: str, linkpath: str) -> None:
    """Make ``linkpath`` a relative link to a file, or a copy where the system has no links."""
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
        beside.replace(place)  # in one step: a process that is killed before leaves the old link
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
    """The path of the file in a folder whose name ends with the greatest number, or None where there is none.

    Args:
        folder: The folder; one that does not exist holds none.
        name: The name before the number.
        extension: The extension, with its dot.
    """
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
