"""A sorting of the values of a file: those that can be arguments as they are, and those that need code it names."""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from enum import Enum
from pathlib import PurePath
from typing import Any, Literal, Union, get_args, get_origin

from groundwire.saved.stand_ins import stand_ins

_PLAIN_KINDS = (bool, int, float, complex, str, bytes, type(None))
_LISTS = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_SETS = (set, frozenset, collections.abc.Set)
_DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_OF_A_CLASS = ("class_path", "init_args")


class Unknown:
    """The annotation of an argument whose own cannot be read: a text with a dot may be the path of a class there."""


def hints_of(cls: type) -> dict[str, Any]:
    """The annotations of the arguments of a class and of its base classes; unreadable ones are :class:`Unknown`."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if inspect.isfunction(constructor := vars(base).get("__init__")):
            try:
                hints |= typing.get_type_hints(constructor)
            except Exception:  # noqa: BLE001  # an annotation may be any expression
                hints |= dict.fromkeys(inspect.signature(constructor).parameters, Unknown)
    return hints


def without_code(value: Any, hint: Any = None) -> tuple[Any, str]:
    """A value as an argument, and the code that it would need to be one.

    Args:
        value: The value.
        hint: The annotation of the argument, where a command line wrote the value: a command line writes classes as
            their paths, and paths that a file names are not followed. None for a value that stands for itself.

    Returns:
        The value, converted as the annotation says; and the names of the code, empty where none is needed.
    """
    if names := sorted({stand_in.foreign_name for stand_in in stand_ins(value)}):
        return value, ", ".join(names)
    if hint is None:
        return value, ""
    try:
        return _converted(value, hint), ""
    except _NeedsCodeError as error:
        return value, str(error)


class _NeedsCodeError(Exception):
    """A value that only code which the file names could turn into the argument it stands for."""


def _converted(value: Any, hint: Any) -> Any:
    """A value that a command line wrote, as its annotation says.

    Raises:
        _NeedsCodeError: It may be the path or the configuration of a class.
    """
    if isinstance(value, dict) and any(name in value for name in _OF_A_CLASS):
        raise _NeedsCodeError(str(value.get("class_path", "a class")))
    if isinstance(value, str) and any(name in value for name in _OF_A_CLASS):
        raise _NeedsCodeError(repr(value)[:60])  # a configuration within a text
    if hint is Unknown and (isinstance(value, dict) or (isinstance(value, str) and "." in value)):
        raise _NeedsCodeError(repr(value)[:60])
    if hint in (Any, object, Unknown):
        return _inside(value, hint)
    origin, parts = get_origin(hint) or hint, get_args(hint)
    if origin in (Union, types.UnionType):
        return _as_one_of(value, parts)
    if origin is Literal and value in parts:
        return value
    if origin is tuple and isinstance(value, (list, tuple)):
        each = parts[:1] * len(value) if len(parts) == 2 and parts[1] is ... else parts or (Any,) * len(value)
        if len(each) == len(value):
            return tuple(_converted(entry, part) for entry, part in zip(value, each, strict=True))
    if origin in _LISTS and isinstance(value, (list, tuple)):
        return [_converted(entry, *(parts or (Any,))) for entry in value]
    if origin in _SETS and isinstance(value, (list, set, frozenset)):
        return {_converted(entry, *(parts or (Any,))) for entry in value}
    if origin in _DICTS and isinstance(value, dict):
        return {key: _converted(entry, parts[1] if parts else Any) for key, entry in value.items()}
    if origin in _PLAIN_KINDS and (type(value) is origin or (origin is float and type(value) is int)):
        return float(value) if origin is float else value
    if isinstance(origin, type) and isinstance(value, origin) and not isinstance(value, (str, dict)):
        return value  # jsonargparse links arguments to objects that are made already
    if isinstance(origin, type) and isinstance(value, str):
        if issubclass(origin, PurePath):
            return origin(value)
        if issubclass(origin, Enum) and value in origin.__members__:
            return origin[value]
    if value is None and hint in (None, type(None)):
        return value
    raise _NeedsCodeError(f"{value!r:.60} for {getattr(hint, '__qualname__', hint)!s}")


def _as_one_of(value: Any, hints: tuple[Any, ...]) -> Any:
    if isinstance(value, str) and not all(_is_plain(hint) for hint in hints):
        raise _NeedsCodeError(repr(value)[:60])  # a text, or the path of a class
    attempts = [without_code(value, type(None) if hint is None else hint) for hint in hints]
    if fitting := [converted for converted, code in attempts if not code]:
        return fitting[0]
    raise _NeedsCodeError(attempts[0][1])


def _is_plain(hint: Any) -> bool:
    """True for an annotation none of whose values is written as a path of code."""
    origin, parts = get_origin(hint) or hint, get_args(hint)
    if origin is Literal or origin is None or origin in _PLAIN_KINDS:
        return True
    if isinstance(origin, type) and issubclass(origin, (Enum, PurePath)):
        return True
    if origin in (Union, types.UnionType, tuple, *_LISTS, *_SETS, *_DICTS):
        return all(part is ... or _is_plain(part) for part in parts)
    return False


def _inside(value: Any, hint: Any) -> Any:
    """A value of an argument that takes anything: itself, where no class is named in it."""
    if isinstance(value, dict):
        for entry in value.values():
            _converted(entry, hint)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            _converted(entry, hint)
    return value
