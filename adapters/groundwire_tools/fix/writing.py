"""Files, written whole or not at all, with the rights that they had."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file anew; a link goes on leading where it leads.

    Args:
        path: It is there.
        content: All of it.

    Raises:
        OSError: It may not be written.
    """
    real = Path(os.path.realpath(path))
    if not real.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(real, os.W_OK):
        raise PermissionError(13, "it is read-only", str(path))
    handle, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        shutil.copymode(real, name)
        os.replace(name, real)  # noqa: PTH105  # of a name that tempfile gave
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
