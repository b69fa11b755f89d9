"""The files that a run touches: watched from within its process, taken away afterwards, and put back as they were.

Both runs of a program have its own working directory, so that it finds its data; neither may find what the other has
written. Python tells an audit hook of each file that is about to be opened for writing, replaced or removed. What was
there before is copied then, once. When the process is over, what it wrote is moved aside, and the copies are put back.
Nothing that the process did not touch is touched here, for others may write into the same folders. What native code
writes on its own is therefore left where it is, but for the writers whose functions are wrapped (``WRITERS``).
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

LOG, BACKUPS, TAKEN = "touched.jsonl", "before", "files"
WRITERS = {"torch": "save", "safetensors.torch": "save_file"}
"""Functions that open a file, their second argument, where no audit hook hears it."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SYSTEM = ("/dev/", "/proc/", "/sys/")


class Watch:
    """An audit hook that writes down what is touched; it cannot be taken off, and ends with its process.

    Args:
        folder: The folder of this run; what happens in it does not count.
        start: The working directory of the run.
    """

    def __init__(self, folder: Path, start: Path) -> None:
        self._backups, self._start = folder / BACKUPS, os.path.join(os.path.realpath(start), "")
        self._backups.mkdir()
        self._ignored = (*_SYSTEM, f"{os.path.realpath(folder)}{os.sep}")
        self._hidden = f"{os.path.realpath(os.path.expanduser('~'))}{os.sep}."
        self._temporary = f"{os.path.realpath(tempfile.gettempdir())}{os.sep}"
        self._log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._touched: set[str] = set()
        self._here = threading.local()

    def start(self) -> None:
        """Begin to hear, for good."""
        from groundwire.testing.patches import WhenImported

        sys.addaudithook(self)
        sys.meta_path.insert(0, WhenImported(list(WRITERS), let_tell))

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Hear of an event, before it happens."""
        if event not in _EVENTS or getattr(self._here, "is_busy", False):
            return
        self._here.is_busy = True  # what this does itself is heard as well
        try:
            _EVENTS[event](self, args)
        except (OSError, ValueError, TypeError):  # the program is about to see that itself
            pass
        finally:
            self._here.is_busy = False

    def touch(self, path: Any, at: Any = None) -> None:
        """Write down a file, with a copy of what is there now."""
        name = _absolute(path, at)
        if name is None or name in self._touched or not self._counts(name):
            return
        backup = None
        if os.path.isfile(name) or os.path.islink(name):
            backup = f"{os.getpid()}-{len(self._touched)}"
            shutil.copy2(name, self._backups / backup, follow_symlinks=False)
        self._touched.add(name)
        self._write("file", name, backup)

    def add_folder(self, kind: str, path: Any, at: Any = None) -> None:
        """Write down a folder that is made or removed."""
        name = _absolute(path, at)
        if name is not None and self._counts(name) and os.path.isdir(name) == (kind == "removed"):
            self._write(kind, name, None)

    def touch_below(self, path: Any, at: Any = None) -> None:
        """Write down every file of a folder."""
        name = _absolute(path, at)
        for folder, folders, files in os.walk(name or ""):
            for each in folders:
                self.add_folder("removed", os.path.join(folder, each))
            for each in files:
                self.touch(os.path.join(folder, each))

    def move(self, source: str, target: str) -> None:
        """Write down what is given another name."""
        if os.path.isdir(source):
            self._write("moved", os.path.realpath(source), os.path.realpath(target))
        else:
            self.touch(source)
            self.touch(target)

    def _counts(self, name: str) -> bool:
        if name.startswith(self._ignored) or f"{os.sep}__pycache__{os.sep}" in name:
            return False
        return name.startswith(self._start) or not name.startswith((self._hidden, self._temporary))

    def _write(self, kind: str, name: str, more: str | None) -> None:
        os.write(self._log, (json.dumps([kind, name, more]) + "\n").encode())


def let_tell(module: ModuleType) -> None:
    """Let a function of a module that writes a file tell audit hooks of it."""
    name = WRITERS[module.__name__]
    write = getattr(module, name)
    place = list(inspect.signature(write).parameters)[1]

    @functools.wraps(write)
    def telling(*args: Any, **kwargs: Any) -> Any:
        path = args[1] if len(args) > 1 else kwargs.get(place)
        if isinstance(path, (str, os.PathLike)):
            sys.audit("open", path, "wb", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        return write(*args, **kwargs)

    setattr(module, name, telling)


def _absolute(path: Any, at: Any) -> str | None:
    """The place of a path that may be relative to an open folder; None for a file by its number."""
    if isinstance(path, int):
        return None
    name = os.fsdecode(path)
    if isinstance(at, int) and at >= 0 and not os.path.isabs(name):
        name = os.path.join(os.readlink(f"/proc/self/fd/{at}"), name)
    head, tail = os.path.split(os.path.abspath(name))
    return os.path.join(os.path.realpath(head), tail)


def _opened(watch: Watch, args: tuple[Any, ...]) -> None:
    if args[2] & _WRITES and not isinstance(args[0], int):
        watch.touch(os.path.realpath(os.fsdecode(args[0])))  # what a link leads to is written


_EVENTS: dict[str, Any] = {
    "open": _opened,
    "os.rename": lambda watch, args: watch.move(_absolute(args[0], args[2]), _absolute(args[1], args[3])),
    "os.remove": lambda watch, args: watch.touch(args[0], args[1]),
    "os.truncate": lambda watch, args: watch.touch(args[0]),
    "os.link": lambda watch, args: watch.touch(args[1], args[3]),
    "os.symlink": lambda watch, args: watch.touch(args[1], args[2]),
    "os.mkdir": lambda watch, args: watch.add_folder("made", args[0], args[2]),
    "os.rmdir": lambda watch, args: watch.add_folder("removed", args[0], args[1]),
    "shutil.rmtree": lambda watch, args: watch.touch_below(args[0], *args[1:2]),
    "sqlite3.connect": lambda watch, args: watch.touch(args[0]),
}


def taken(folder: Path, start: Path) -> dict[str, Path]:
    """Move aside what a run has written, and put back what was there before.

    Args:
        folder: The folder of the run.
        start: Its working directory.

    Returns:
        Name of each file, relative to the working directory where it was below it, to where it is now.
    """
    files: dict[str, str | None] = {}
    made: dict[str, None] = {}
    removed: list[str] = []
    log = folder / LOG
    for kind, name, more in map(json.loads, log.read_text("utf-8").splitlines() if log.exists() else ()):
        if kind == "file":
            files.setdefault(name, more)
        elif kind == "made":
            made.setdefault(name)
        elif kind == "removed" and name not in made:
            removed.append(name)
        elif kind == "moved":
            files.update({f"{more}{each[len(name) :]}": None for each in files if _is_below(each, name)})
            made.update({f"{more}{each[len(name) :]}": None for each in made if _is_below(each, name)})
    aside = folder / TAKEN
    aside.mkdir()
    found: dict[str, Path] = {}
    for number, (name, backup) in enumerate(files.items()):
        path = _moved_aside(Path(name), aside / str(number), backup and folder / BACKUPS / backup)
        if path is not None:
            found[_relative(name, start)] = path
    for name in removed:
        Path(name).mkdir(parents=True, exist_ok=True)
    for name in sorted(made, key=len, reverse=True):
        _remove_empty(Path(name))
    return found


def _is_below(name: str, folder: str) -> bool:
    return name == folder or name.startswith(f"{folder}{os.sep}")


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # somebody else has put something there
        return


def _moved_aside(path: Path, aside: Path, backup: Any) -> Path | None:
    """Move a file aside, put its copy in its place, and tell where it is now; None where nothing was written."""
    if path.is_symlink():
        aside.write_text(f"a link to {path.readlink()}", "utf-8")
        path.unlink()
    elif path.is_file():
        shutil.move(path, aside)
    if backup is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_same = aside.is_file() and backup.is_file() and aside.read_bytes() == backup.read_bytes()
        shutil.move(backup, path)
        if is_same:
            return None
    return aside if aside.is_file() else None


def _relative(name: str, start: Path) -> str:
    below = os.path.join(os.path.realpath(start), "")
    return name.removeprefix(below)
