"""Files elsewhere, at URLs such as ``s3://bucket/name``: read, written whole, listed, copied and deleted by fsspec.

fsspec comes with torch; the package that speaks with a store, such as ``s3fs``, is the user's to install.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from typing import Any

from groundwire.checks import is_url
from groundwire.errors import CheckpointError

__all__ = [
    "check_store",
    "copy",
    "exists",
    "is_url",
    "join",
    "modified",
    "names",
    "read_bytes",
    "remove",
    "without_file_scheme",
    "write_bytes",
]


PUBLISH_AT_ONCE = frozenset(
    {"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oci", "oss", "hf", "http", "https"}
)
"""Stores in which an object appears when all of it is there; in others a file is written beside, then moved."""


def without_file_scheme(path: str | PathLike[str]) -> str:
    """A path as the system takes it: one that was written as a ``file://`` URL without that beginning."""
    return re.sub(r"^file://(localhost(?=/))?", "", os.fspath(path))


def join(folder: str | PathLike[str], name: str) -> str:
    """The URL of a file in a folder."""
    return f"{os.fspath(folder).rstrip('/')}/{name}"


def check_store(url: str) -> None:
    """Make sure that there is something that speaks with a store, before there is anything to lose.

    Raises:
        CheckpointError: There is not; says which package it takes.
    """
    with _reached(url):
        pass


def read_bytes(url: str) -> bytes:
    """The bytes of a file.

    Raises:
        FileNotFoundError: There is none.
        CheckpointError: The store cannot be reached.
    """
    if url.startswith(("http://", "https://")):
        from urllib.request import urlopen

        with _reached(url), urlopen(url) as answer:  # the scheme was just looked at
            return bytes(answer.read())
    with _reached(url) as (files, place):
        return bytes(files.cat_file(place))


def write_bytes(url: str, data: bytes) -> None:
    """Write a file so that there is the old one or the new one, never a part of it; its folder is made.

    Raises:
        CheckpointError: The store cannot be reached, or refuses.
    """
    with _reached(url) as (files, place):
        folder, _, name = place.rpartition("/")
        files.makedirs(folder, exist_ok=True)
        if scheme_of(url) in PUBLISH_AT_ONCE:
            files.pipe_file(place, data)
            return
        beside = f"{folder}/.{name}.{uuid.uuid4().hex}"
        try:
            files.pipe_file(beside, data)
            files.mv(beside, place)
        except BaseException:
            with suppress(Exception):
                files.rm(beside)
            raise


def exists(url: str) -> bool:
    """True for a file or a folder that is there."""
    with _reached(url) as (files, place):
        return bool(files.exists(place))


def names(url: str) -> list[str]:
    """The names in a folder; a folder that does not exist holds none."""
    with _reached(url) as (files, place):
        try:
            paths = files.ls(place, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [path.rstrip("/").rpartition("/")[2] for path in paths]


def copy(url: str, target: str) -> None:
    """Copy a file within one store; links are for disks.

    Args:
        url: The file.
        target: The URL of the copy.
    """
    write_bytes(target, read_bytes(url))  # not by the store: then the copy too is there whole or not at all


def remove(url: str) -> None:
    """Delete a file, or a folder with all that is in it, where there is one."""
    with _reached(url) as (files, place):
        if files.exists(place):
            files.rm(place, recursive=True)


def modified(url: str) -> float:
    """When a file was written last, in seconds; 0 where the store does not tell."""
    with _reached(url) as (files, place):
        try:
            return float(files.modified(place).timestamp())
        except NotImplementedError:
            return 0.0


def scheme_of(url: str) -> str:
    """The beginning of a URL; of one that goes through several, as ``simplecache::s3://…``, the last."""
    return url.partition("://")[0].rpartition("::")[2]


@contextmanager
def _reached(url: str) -> Iterator[Any]:
    """The file system of a URL and the place in it; what goes wrong with the store is one error that names it."""
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it says nothing about its types

    try:
        yield url_to_fs(url)
    except (FileNotFoundError, CheckpointError, MemoryError):
        raise
    except Exception as error:  # any, for each store has errors of its own
        raise CheckpointError(f"{url} cannot be reached: {type(error).__name__}: {error}") from error
