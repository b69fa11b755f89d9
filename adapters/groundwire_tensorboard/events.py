"""Event files of one directory; where it is full, read-only or missing, events wait and are written later.

This module imports TensorBoard, so it is itself imported at the first write.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.summary.writer.record_writer import RecordWriter

from groundwire.errors import rank_zero_warn

LONGEST_PAUSE = 60.0
"""The most seconds until writing is tried again."""
MOST_WAITING = 64 * 2**20
"""The most bytes of events that wait; beyond them the oldest are dropped."""


class EventFiles:
    """A writer of events that raises nothing, under torch's ``FileWriter`` in place of TensorBoard's.

    Files of this machine are written at once. At a URL TensorBoard writes, in a thread of its own, and
    an outage loses the events that are in its queue.

    Args:
        log_dir: The directory, or a URL that TensorBoard can write to.
        max_queue: Events that wait for TensorBoard's thread, at a URL.
        flush_secs: Seconds between two flushes, at a URL.
        suffix: The ending of each file's name.
    """

    def __init__(self, log_dir: str, max_queue: int = 10, flush_secs: float = 120, suffix: str = "") -> None:
        self._log_dir = log_dir
        is_remote = "://" in log_dir
        self._place: _Place = (
            _RemoteFile(log_dir, max_queue, flush_secs, suffix) if is_remote else _LocalFile(log_dir, suffix)
        )
        self._waiting: deque[Any] = deque()
        self._bytes = self._lost = 0
        self._pause, self._retry_at = 0.0, 0.0
        self._lock = threading.Lock()  # a user's threads may log too, and torch's SummaryWriter takes no lock
        self.flush()

    def get_logdir(self) -> str:
        """The directory or URL of the files."""
        return self._log_dir

    def add_event(self, event: Any) -> None:
        """Write an event after those that wait; during a pause it waits as well."""
        with self._lock:
            self._waiting.append(event)
            self._bytes += event.ByteSize()
            while self._bytes > MOST_WAITING:
                self._bytes -= self._waiting.popleft().ByteSize()
                self._lost += 1
            self._write()

    def flush(self) -> None:
        """Write all events that wait, unless there is a pause after an error."""
        with self._lock:
            self._write()

    def close(self) -> None:
        """Write the events that wait, pause or not, and warn of those that are lost."""
        with self._lock:
            self._retry_at = 0.0
            self._write()
            if lost := self._lost + len(self._waiting):
                rank_zero_warn(f"{self._log_dir}: {lost} values could not be written to event files")
            self._waiting.clear()
            self._bytes = self._lost = 0
            with suppress(Exception):  # a remote store raises what it likes, and its loss is reported above
                self._place.close()

    def _write(self) -> None:
        if time.monotonic() < self._retry_at:
            return
        try:
            self._place.write(self._waiting)
        except Exception as error:  # noqa: BLE001  # stores elsewhere raise what they like, and no file is worth a run
            if not self._pause:
                rank_zero_warn(
                    f"{self._log_dir}: event files cannot be written: {error}. The run goes on; values wait, and "
                    f"writing is tried again after pauses of at most {LONGEST_PAUSE:.0f} s"
                )
            self._pause = min(2 * self._pause or 1.0, LONGEST_PAUSE)
            self._retry_at = time.monotonic() + self._pause
            return
        if self._pause:
            rank_zero_warn(
                f"{self._log_dir}: event files are written again; {len(self._waiting)} values that waited are in them, "
                f"{self._lost} are lost"
            )
        self._waiting.clear()
        self._bytes = self._lost = 0
        self._pause = 0.0


class _Place(Protocol):
    """A place that events are written to."""

    def write(self, events: deque[Any]) -> None:
        """Write all events, or none and raise."""

    def close(self) -> None:
        """Write no more."""


class _LocalFile:
    """A file of this machine, opened for each write: a file that was deleted is noticed, and begun anew.

    A write that fails half way is undone, so that no torn record hides what follows.
    """

    def __init__(self, folder: str, suffix: str) -> None:
        self._folder, self._suffix = Path(folder), suffix
        self._path: Path | None = None
        self._size = 0

    def write(self, events: deque[Any]) -> None:
        try:
            self._append(events)
        except FileNotFoundError:
            rank_zero_warn(f"{self._path} is gone; a new event file is begun")
            self._path = None
            self._append(events)

    def close(self) -> None:
        """Do nothing, since no file stays open."""

    def _append(self, events: deque[Any]) -> None:
        if self._path is None:
            self._path, self._size = self._new_file(), 0
        elif self._size and not events:
            return
        head = [] if self._size else [Event(wall_time=time.time(), file_version="brain.Event:2")]
        try:
            # Not in append mode: after a failed truncate a torn record may stand behind the end that we know.
            with self._path.open("rb+") as file:
                file.seek(self._size)
                records = RecordWriter(file)
                for event in (*head, *events):
                    records.write(event.SerializeToString())
                file.flush()
                size = file.tell()
        except OSError:
            with suppress(OSError):
                os.truncate(self._path, self._size)
            raise
        self._size = size

    def _new_file(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        start = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}"
        paths = (self._folder / f"{start}.{number}{self._suffix}" for number in count())
        path = next(path for path in paths if not path.exists())
        path.touch(exist_ok=False)
        return path


class _RemoteFile:
    """A file at a URL, which TensorBoard writes; after an error another file is begun."""

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments
        self._writer: EventFileWriter | None = None

    def write(self, events: deque[Any]) -> None:
        if self._writer is None:
            self._writer = EventFileWriter(*self._arguments)
        try:
            for event in events:
                self._writer.add_event(event)
            if not events:
                self._writer.flush()
        except Exception:
            self._writer = None
            raise

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
