"""Programs that are run by the command, each in a process and a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND = "import sys; from groundwire_tools.run.command import main; sys.exit(main(sys.argv[1:]))"
ROOT = Path(__file__).parents[3]
# what makes an import of Lightning fail as where it is not installed; it stands behind the command's own finder
ABSENT = """
import sys
from importlib.machinery import PathFinder

class Absent(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        absent = name.partition(".")[0] in ("lightning", "pytorch_lightning", "lightning_fabric")
        return None if absent else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Absent if finder is PathFinder else finder for finder in sys.meta_path]
"""


def launched(
    folder: Path,
    *words: str,
    files: Mapping[str, str] | None = None,
    before: str = "",
    stdin: str = "",
    environ: Mapping[str, str] | None = None,
    python: tuple[str, ...] | None = None,
) -> subprocess.CompletedProcess[str]:
    """What ``groundwire run`` does with these words in a folder with these files.

    Args:
        before: What the process does before the command.
        python: The words for the interpreter instead of the command.
    """
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    paths = os.pathsep.join(str(ROOT / name) for name in ("src", "adapters"))
    line = [sys.executable, *(python or ("-c", before + "\n" + COMMAND)), *words]
    around = {**os.environ, "PYTHONPATH": paths, **(environ or {})}
    return subprocess.run(line, cwd=folder, env=around, input=stdin, capture_output=True, text=True, check=False)
