"""Processes that a Trainer starts itself: the same program once more for each, as Lightning does under ``"ddp"``.

The first process starts the others when an entry point is called; each of them runs the program from its beginning,
and joins where it makes the same Trainer. They end with the first one, and it ends with the first of them that fails.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import torch

from groundwire.devices import STARTED, without
from groundwire_lightning.errors import NotSupportedYetError

GRACE = 30.0
"""Seconds that the other processes have to end by themselves once the first one has."""
GRACE_AFTER_ERROR = 2.0
POLL = 0.1

_children: list[subprocess.Popen[bytes]] = []
_grace = GRACE


def is_started() -> bool:
    """True in a process that a Trainer started, and in the one that started others."""
    return STARTED in os.environ


def own_place() -> tuple[int, int]:
    """The index of this process among those that a Trainer started, and their number."""
    rank, _, number = os.environ.get(STARTED, "0/1").partition("/")
    return int(rank), int(number)


def start(number: int) -> None:
    """Run this program once more in each of the other processes, and end all of them together.

    Args:
        number: The number of processes, this one included.

    Raises:
        NotSupportedYetError: There is no program to run, as in a notebook.
    """
    command = command_of_program()
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", str(free_port()))
    os.environ |= {STARTED: f"0/{number}", "WORLD_SIZE": str(number), "NODE_RANK": "0", "LOCAL_RANK": "0"}
    share_cores(number)
    atexit.register(_end_children)
    for rank in range(1, number):
        own = {STARTED: f"{rank}/{number}", "LOCAL_RANK": str(rank)}
        _children.append(subprocess.Popen(command, env={**os.environ, **own}))
    threading.Thread(target=_watch_children, name="groundwire-children", daemon=True).start()


@cache
def _watch_parent() -> None:
    """End this process once the one that started it is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL)
        os._exit(1)  # a collective would hold up any gentler end

    threading.Thread(target=watch, name="groundwire-parent", daemon=True).start()


@contextmanager
def joining() -> Iterator[None]:
    """Show what is made meanwhile the variables of a launcher, so that it joins the other processes."""
    rank, number = own_place()
    if rank:
        _watch_parent()
    with without(STARTED):
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(number)}
        try:
            yield
        finally:
            del os.environ["RANK"]


def command_of_program() -> list[str]:
    """The command line that runs this program again, with the interpreter's own options.

    Raises:
        NotSupportedYetError: There is none.
    """
    options = [sys.executable, *subprocess._args_from_interpreter_flags()]  # type: ignore[attr-defined]
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None and spec.name != "__main__":
        name = spec.name.removesuffix(".__main__")
        return [*options, "-m", name, *sys.argv[1:]]
    if sys.argv and Path(sys.argv[0]).exists():
        return [*options, str(Path(sys.argv[0]).absolute()), *sys.argv[1:]]
    if "-c" in sys.orig_argv and sys.argv[:1] == ["-c"]:
        return [*options, "-c", sys.orig_argv[sys.orig_argv.index("-c") + 1], *sys.argv[1:]]
    raise NotSupportedYetError(
        "several processes were asked for, and there is no program that each of them could run, as in a notebook or "
        "with a program read from standard input. Instead: save it as a file, or "
        "accelerate.notebook_launcher(function, num_processes=...)"
    )


def free_port() -> int:
    """A port of this machine that nobody uses at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def share_cores(number: int) -> None:
    """Give each process its share of the cores, unless the environment says how many threads there are."""
    if "OMP_NUM_THREADS" not in os.environ:
        threads = max(1, (os.cpu_count() or 1) // number)
        torch.set_num_threads(threads)
        os.environ["OMP_NUM_THREADS"] = str(threads)


def pass_on(number: int) -> None:
    """Send a signal that came to this process to those that it started."""
    for child in _children:
        with suppress(OSError):
            child.send_signal(number)


def hurry() -> None:
    """Give the other processes little time once this one ends: it was left by an error."""
    global _grace  # noqa: PLW0603  # of this process, as its children are
    _grace = GRACE_AFTER_ERROR


def _watch_children() -> None:
    while not (failed := _failed()):
        if all(child.returncode == 0 for child in _children):
            return
        time.sleep(POLL)
    time.sleep(1.0)  # its error may be that of this process too, which then tells of it better
    rank, code = failed[0]
    pass_on(signal.SIGTERM)
    cause = f"signal {-code}" if code < 0 else f"exit status {code}"
    print(f"process {rank} of {own_place()[1]} ended with {cause}, so the others end too", file=sys.stderr)
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(128 - code if code < 0 else code)


def _failed() -> list[tuple[int, int]]:
    return [(rank, code) for rank, child in enumerate(_children, 1) if (code := child.poll())]


def _end_children() -> None:
    """Wait for the others as this process ends, and end those that do not."""
    until = time.monotonic() + _grace
    for child in _children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, until - time.monotonic()))
        if child.poll() is None:
            child.kill()
            child.wait()
