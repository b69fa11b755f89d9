"""The two sides of a comparison: the program is run in a process of its own, and what it recorded is gathered."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from groundwire_tools.compare import child
from groundwire_tools.compare.touched import taken
from groundwire_tools.run.answers import CHILDREN, VARIABLE
from groundwire_tools.run.program import Program

if TYPE_CHECKING:
    from groundwire.testing import Record

OURS, THEIRS = "groundwire", "Lightning"
OUTPUT = "output.txt"
_LAST_LINES = 40


class SideError(Exception):
    """A side cannot be run; the message is one line."""


@dataclass(frozen=True)
class Setting:
    """What is the same for each run.

    Attributes:
        program: The program.
        folder: A folder for what the runs leave.
        steps: End each run after so many steps.
        is_loud: Let the program's output through.
    """

    program: Program
    folder: Path
    steps: int | None = None
    is_loud: bool = False


@dataclass(frozen=True)
class Side:
    """A run that is over.

    Attributes:
        name: Under what it ran.
        folder: What it left.
        code: The exit code; below zero for the signal that ended it.
        files: Name of each file that it wrote, to where it is now.
    """

    name: str
    folder: Path
    code: int
    files: dict[str, Path] = field(default_factory=dict)

    def record(self) -> Record:
        """What it recorded, with the contents of its files."""
        from groundwire.testing import Record
        from groundwire_tools.compare.written import contents_of_files

        record = Record.of_folder(self.folder, self.name)
        if record.entry("end", "code") is None and record.is_cut is None:
            record.events.append({"k": "end", "code": self.code, "error": None})
        record.files = contents_of_files(self.files, Path.cwd(), record.entry("call", "version") or "")
        return record

    def times(self) -> list[int]:
        """When its steps were over, in nanoseconds."""
        path = self.folder / child.TIMES
        return [int(line) for line in path.read_text("ascii").split()] if path.exists() else []

    def last_lines(self) -> str:
        """The end of what it told on stdout and stderr."""
        path = self.folder / OUTPUT
        lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
        return "\n".join(f"  | {line}" for line in lines[-_LAST_LINES:])


def run_side(
    setting: Setting, name: str, answer_as: str | None = None, python: str | None = None, is_timed: bool = False
) -> Side:
    """Run the program on one side, to its end, and put back the files that it touched.

    Args:
        setting: What is the same for each run.
        name: Under what it runs.
        answer_as: The version that groundwire says it is; None for the real Lightning.
        python: Another interpreter.
        is_timed: Only look at the clock.

    Raises:
        SideError: It cannot be run.
    """
    folder = setting.folder / str(len(list(setting.folder.iterdir())))
    folder.mkdir()
    job = {
        "program": list(setting.program),
        "folder": str(folder),
        "packages": {package: str(_folder_of(package)) for package in ("groundwire", "groundwire_tools")},
        "answer_as": answer_as,
        "steps": setting.steps,
        "is_timed": is_timed,
    }
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    line = [python or sys.executable, child.__file__, str(folder / "job.json")]
    try:
        code = _waited(line, folder, setting)
    except OSError as error:
        raise SideError(f"{line[0]} cannot be run: {error.strerror}") from error
    finally:
        files = taken(folder, Path.cwd())
    if (folder / child.REFUSED).exists():
        raise SideError((folder / child.REFUSED).read_text("utf-8"))
    return Side(name, folder, code, files)


def _folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _waited(line: list[str], folder: Path, setting: Setting) -> int:
    with (folder / OUTPUT).open("wb") as output:
        out = None if setting.is_loud else output
        process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment())
        try:
            with _stopped_by_sigterm():
                return process.wait()
        except (KeyboardInterrupt, SystemExit):
            process.terminate()
            process.wait()
            raise


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end this command in order, for the files of the program have to be put back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def environment() -> dict[str, str]:
    """The variables for both sides, which are the caller's, with nothing that answers for Lightning."""
    around = {name: value for name, value in os.environ.items() if name != VARIABLE}
    paths = [path for path in around.get("PYTHONPATH", "").split(os.pathsep) if path and path != str(CHILDREN)]
    around["PYTHONPATH"] = os.pathsep.join(paths)
    around.setdefault("PYTHONHASHSEED", "0")
    return around
