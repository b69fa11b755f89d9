"""Files, written whole or not at all, with the rights that they had."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from groundwire.saved.whole_files import workplace


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
    with workplace(real) as folder:
        whole = folder / real.name
        whole.write_bytes(content)
        shutil.copymode(real, whole)
        whole.replace(real)
