"""Folders in which files are made before they appear, and which nobody has to clear away by hand.

Whoever makes something holds a lock on its folder, and the system lets go of it when the process dies. A
folder that nobody holds is therefore what a killed process left, on this machine or, over a shared file
system, on another.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["clear", "workplace"]

try:
    import fcntl
except ImportError:  # Windows, where what is open cannot be deleted
    fcntl = None  # type: ignore[assignment]


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """A folder beside ``target`` to make it in; it is gone afterwards, and so is what killed processes left.

    Args:
        target: A file or folder, which is moved to its place, whole, from in there; or the folder itself is.
    """
    clear(target.parent, re.escape(target.name))
    folder, handle = _held(target)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def clear(parent: Path, names: str) -> None:
    """Delete what killed processes left as they made something in a folder.

    Args:
        parent: The folder; it need not exist.
        names: A regular expression for what they made.
    """
    left = re.compile(rf"\.({names})\.[0-9a-f]{{32}}")
    for entry in list(parent.iterdir()) if parent.is_dir() else []:
        if left.fullmatch(entry.name) and entry.is_dir() and not entry.is_symlink():
            with contextlib.suppress(OSError):  # somebody holds it, or was faster
                handle = _hold(entry)
                shutil.rmtree(entry, ignore_errors=True)
                if handle is not None:
                    os.close(handle)


def _held(target: Path) -> tuple[Path, int | None]:
    """A new folder and the handle that locks it, or None where there are no locks."""
    while True:
        folder = target.parent / f".{target.name}.{uuid.uuid4().hex}"
        folder.mkdir()
        try:
            handle = _hold(folder)
        except (FileNotFoundError, BlockingIOError):  # taken for a left one before it was held
            continue
        except OSError:  # a file system without locks
            return folder, None
        if folder.exists():  # the lock may be on what another process has just deleted
            return folder, handle
        if handle is not None:
            os.close(handle)


def _hold(folder: Path) -> int | None:
    if fcntl is None:
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle
