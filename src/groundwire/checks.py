"""Validators of arguments: each gives back the value it accepts, or raises an error that names the argument."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Any

__all__ = ["flag", "function", "keywords", "number", "path", "text", "whole", "writable"]


def whole(name: str, value: Any, least: float = 1) -> int:
    """``value`` as an ``int``, if it is a whole number of at least ``least``.

    Raises:
        TypeError: It is no whole number.
        ValueError: It is below ``least``.
    """
    due = f"a whole number{_at_least(least)} is due"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: {due}, got {value!r}")
    if int(value) < least:
        raise ValueError(f"{name}: {due}, got {value!r}")
    return int(value)


def number(name: str, value: Any, least: float = 0.0, most: float = math.inf, above: float = -math.inf) -> float:
    """``value`` as a ``float``, if it lies in ``least`` to ``most`` and above ``above``.

    Raises:
        TypeError: It is no number.
        ValueError: It is out of bounds, or NaN.
    """
    due = f"a number{_at_least(least)}" if most == math.inf else f"a number from {least:g} to {most:g}"
    due = due if above == -math.inf else f"a number above {above:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: {due} is due, got {value!r}")
    if not (least <= float(value) <= most and (above == -math.inf or float(value) > above)):
        raise ValueError(f"{name}: {due} is due, got {value!r}")
    return float(value)


def _at_least(least: float) -> str:
    return "" if least == -math.inf else f" of at least {least:g}"


def flag(name: str, value: Any) -> bool:
    """``value``, if it is True or False.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name}: True or False is due, got {value!r}")
    return value


def function(name: str, value: Any) -> Callable[..., Any] | None:
    """``value``, if it can be called or is None.

    Raises:
        TypeError: It is something else.
    """
    if value is not None and not callable(value):
        raise TypeError(f"{name}: a callable or None is due, got {value!r}")
    return value  # type: ignore[no-any-return]  # one of the two


def keywords(name: str, value: Any) -> Mapping[str, Any] | None:
    """``value``, if it is None or a dictionary of arguments of a ``DataLoader``.

    Raises:
        TypeError: It is something else.
    """
    if value is not None and not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        raise TypeError(f"{name}: a dictionary of DataLoader arguments is due, got {value!r}")
    return value


def text(name: str, value: Any) -> str:
    """``value``, if it is a string with something in it.

    Raises:
        TypeError: It is no string.
        ValueError: It is empty.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name}: a name is due, got {value!r}")
    if not value:
        raise ValueError(f"{name}: a name is due, got an empty string")
    return value


def is_url(value: object) -> bool:
    """True for the URL of a file that is not on this machine's disks."""
    text = os.fspath(value) if isinstance(value, PathLike) else value
    return isinstance(text, str) and "://" in text and not text.startswith("file://")


def folder_here(name: str, value: Any) -> Path:
    """``value`` as the path of a folder of this machine.

    Raises:
        TypeError: It is no path.
        ValueError: It is empty, or a URL.
    """
    if is_url(value):
        raise ValueError(f"{name}: a folder of this machine is due, got {value!r}; single files may have a URL")
    return path(name, value)


def path(name: str, value: Any) -> Path:
    """``value`` as a path; of a URL only that it is one matters.

    Raises:
        TypeError: It is no path.
        ValueError: It is empty.
    """
    if not isinstance(value, (str, PathLike)) or isinstance(os.fspath(value), bytes):
        raise TypeError(f"{name}: a path is due, got {value!r}")
    if not os.fspath(value):
        raise ValueError(f"{name}: a path is due, got an empty string")
    return Path(value)


def writable(name: str, target: Path, folder: bool) -> None:
    """Refuse a place that nothing can be written to; nothing is created.

    Args:
        name: The parameter, for the message.
        target: The file or folder that is to be written.
        folder: Whether ``target`` is a folder.

    Raises:
        ValueError: Something else is there, or it is in a place that cannot be written to.
    """
    if target.exists() and target.is_dir() != folder:
        due, present = ("folder", "file") if folder else ("file", "folder")
        raise ValueError(f"{name}: a {due} is due, and at {target} is a {present}")
    standing = next((place for place in (target, *target.absolute().parents) if place.exists()), Path())
    place = standing if standing.is_dir() else standing.parent
    if standing != target and not standing.is_dir():
        raise ValueError(f"{name}: {target} cannot be written, since {standing} is a file")
    if not os.access(place, os.W_OK | os.X_OK):
        raise ValueError(f"{name}: {target} cannot be written, since {place} is read-only")
