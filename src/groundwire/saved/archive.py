"""Files of ``torch.save``, read back: records checked before they are taken, tensors made within their bytes.

A file of today is a zip archive: ``data.pkl`` holds the value and names storages, each of which is a record of
its own. Files of torch before 1.6 are pickles one after the other, with the bytes of the storages behind them.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import IO, Any, NamedTuple

import torch

from groundwire.saved.plain_values import allowed_by_the_program, known_plain_values
from groundwire.saved.tensors import StorageKind, Stored, known_tensors
from groundwire.saved.unpickling import BrokenFileError, Known, Unpickler

__all__ = ["Source", "check", "load", "outline"]

Source = str | PathLike[str] | IO[bytes]

_BEFORE_ZIP = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""What files begin with that torch wrote before version 1.6."""
_CHUNK = 1 << 24
"""Bytes of a record that are in memory twice while they are read."""
_storage: Any = torch.UntypedStorage  # the stubs know of no storage by size and device


def load(source: Source, map_location: Any = "cpu", known: Mapping[str, Known] | None = None) -> Any:
    """The value in a file; what it names and is not known is a stand-in.

    Args:
        source: A path, or an open file.
        map_location: Where tensors go, as for ``torch.load``.
        known: What a file may name besides tensors and plain values.

    Raises:
        BrokenFileError: It is torn, damaged, or made to exhaust who reads it.
    """
    if not isinstance(source, (str, PathLike)):
        return _loaded(source, map_location, known or {})
    with Path(source).open("rb") as file:
        return _loaded(file, map_location, known or {})


def outline(source: Path | IO[bytes]) -> Any:
    """The value in a file of today, its tensors without bytes: enough to see whether all of it could be loaded.

    Args:
        source: A path, or an open file.

    Raises:
        BrokenFileError: It is torn or damaged.
    """
    if not isinstance(source, Path):
        return _outlined(source)
    with source.open("rb") as file:
        return _outlined(file)


def _outlined(file: IO[bytes]) -> Any:
    with _Records(file) as records:
        return records.value("meta", {**known_plain_values(), **known_tensors("meta"), **allowed_by_the_program()})


def check(source: Source) -> None:
    """Compare the check sums of a file of ``torch.save``; nothing in it is taken.

    Raises:
        BrokenFileError: It is none, is torn, or a bit of it has changed.
    """
    if not isinstance(source, (str, PathLike)):
        _check_sums(source)
        source.seek(0)
        return
    with Path(source).open("rb") as file:
        _check_sums(file)


def _check_sums(file: IO[bytes]) -> None:
    if not _is_before_zip(file) and torch.serialization.get_crc32_options():  # else files have none
        with _Records(file) as records:
            records.check_all()


def _loaded(file: IO[bytes], map_location: Any, known: Mapping[str, Known]) -> Any:
    names = {**known_plain_values(), **known_tensors(map_location), **known, **allowed_by_the_program()}
    if _is_before_zip(file):
        return _of_pickles(file, map_location, names)
    with _Records(file) as records:
        return records.value(map_location, names)


def _is_before_zip(file: IO[bytes]) -> bool:
    file.seek(0)
    begin = file.read(len(_BEFORE_ZIP))
    file.seek(0)
    if not begin:
        raise BrokenFileError("it is empty")
    if begin != _BEFORE_ZIP and not begin.startswith(b"PK"):
        raise BrokenFileError("it does not begin as a file of torch.save does")
    return begin == _BEFORE_ZIP


class _Entry(NamedTuple):
    """A storage, as a pickle tells of it."""

    dtype: torch.dtype
    key: str
    location: str
    numel: int

    @property
    def size(self) -> int:
        return self.numel * self.dtype.itemsize


def _entry(pid: Any) -> _Entry:
    """The entry in a persistent id; files before zip have a sixth part, of views that torch no longer writes."""
    if type(pid) is tuple and len(pid) in (5, 6) and pid[0] in ("storage", b"storage") and pid[5:] in ((), (None,)):
        _, kind, key, location, numel = pid[:5]
        if type(kind) is StorageKind and type(numel) is int and numel >= 0:
            return _Entry(kind.dtype, _text(key), _text(location), numel)
    raise BrokenFileError("what it says of a tensor cannot be read")


def _text(name: Any) -> str:
    return name.decode("ascii") if isinstance(name, bytes) else str(name)


class _Records:
    """The records of a file of today.

    Args:
        file: An open file.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.size = file.seek(0, os.SEEK_END)
        with _naming():
            self.zip = zipfile.ZipFile(file)
        names = [name for name in self.zip.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
        if len(names) != 1:
            raise BrokenFileError("it is an archive of something else")
        if sum(record.file_size for record in self.zip.infolist()) > self.size:
            raise BrokenFileError("unpacked it would be larger than it is")
        self.root = names[0].removesuffix("data.pkl")

    def __enter__(self) -> _Records:
        return self

    def __exit__(self, *error: object) -> None:
        self.zip.close()

    def check_all(self) -> None:
        """Compare the check sum of every record."""
        with _naming():
            torn = self.zip.testzip()
        if torn:
            raise BrokenFileError(f"{torn} in it is damaged")

    def value(self, map_location: Any, names: Mapping[str, Known]) -> Any:
        """The value in ``data.pkl``; storages that several tensors share are read once."""
        storages: dict[str, Stored] = {}

        def storage(pid: Any) -> Stored:
            entry = _entry(pid)
            if entry.key not in storages:
                storages[entry.key] = self._stored(entry, map_location)
            return storages[entry.key]._replace(dtype=entry.dtype)

        with _naming():
            data = io.BytesIO(self.zip.read(f"{self.root}data.pkl"))
            return Unpickler(data, self.size, names, storage).load()

    def _stored(self, entry: _Entry, map_location: Any) -> Stored:
        record = self.zip.getinfo(f"{self.root}data/{entry.key}")
        if record.file_size != entry.size:
            raise BrokenFileError(f"{record.filename} in it is damaged: it has not the size of its tensor")
        if map_location == "meta":
            return Stored(_storage(entry.size, device="meta"), entry.dtype)
        storage: Any = _storage(entry.size)
        with _naming(), self.zip.open(record) as file:
            _fill(storage, file)
        if self._byte_order() != sys.byteorder:
            storage.byteswap(entry.dtype)
        return Stored(_placed(storage, entry.location, map_location), entry.dtype)

    def _byte_order(self) -> str:
        name = f"{self.root}byteorder"
        return self.zip.read(name).decode("ascii") if name in self.zip.NameToInfo else "little"


class _naming:  # noqa: N801  # a context, read as a word
    """Turns what a damaged archive makes the standard library raise into one error."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, RuntimeError)):
            raise BrokenFileError(f"it is torn or damaged: {error}") from error


def _of_pickles(file: IO[bytes], map_location: Any, names: Mapping[str, Known]) -> Any:
    """The value of a file of torch before 1.6: pickles one after the other, then the bytes of the tensors."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    for _ in ("what it begins with", "its version", "the machine"):
        Unpickler(file, size, names).load()
    begin, entries, storages = file.tell(), dict[str, _Entry](), dict[str, Stored]()

    def empty_storage(pid: Any) -> Stored:
        entry = _entry(pid)
        entries[entry.key] = entry
        if sum(known.size for known in entries.values()) > size:
            raise BrokenFileError("it is shorter than the tensors that it tells of")
        return storages.setdefault(entry.key, Stored(_storage(entry.size), entry.dtype))

    Unpickler(file, size, names, empty_storage).load()
    for key in map(_text, Unpickler(file, size, names).load()):
        if key not in entries or int.from_bytes(file.read(8), "little") != entries[key].numel:
            raise BrokenFileError("what it says of a tensor cannot be read")
        _fill(storages[key].storage, io.BytesIO(file.read(entries[key].size)))
    for key, (storage, dtype) in storages.items():
        storages[key] = Stored(_placed(storage, entries[key].location, map_location), dtype)
    file.seek(begin)  # once more, now that there are bytes in the storages
    return Unpickler(file, size, names, lambda pid: storages[_entry(pid).key]).load()


def _fill(storage: torch.UntypedStorage, file: IO[bytes]) -> None:
    """Give a storage all bytes of a record, whose check sum is compared on the way."""
    place, filled = torch.empty(0, dtype=torch.uint8).set_(storage), 0
    while chunk := file.read(_CHUNK):
        # frombuffer wants memory that may be written to
        place[filled : filled + len(chunk)] = torch.frombuffer(bytearray(chunk), dtype=torch.uint8)
        filled += len(chunk)
    if filled != len(place):
        raise BrokenFileError(f"it is torn: of {len(place)} bytes of a tensor it has {filled}")


def _placed(storage: torch.UntypedStorage, location: str, map_location: Any) -> Any:
    """A storage where it was, or where ``map_location`` has it."""
    restored: Callable[[Any, str], Any] = torch.serialization.default_restore_location
    if isinstance(map_location, Mapping):
        return restored(storage, str(map_location.get(location, location)))
    if callable(map_location):
        moved = map_location(storage, location)
        return restored(storage, location) if moved is None else moved
    return restored(storage, location if map_location is None else str(map_location))
