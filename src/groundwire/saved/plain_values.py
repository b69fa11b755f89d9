"""Plain values of a file: the names that stand for them, and what makes each within the bytes of the file."""

from __future__ import annotations

import argparse
import collections
import datetime
import pathlib
import types
from collections.abc import Callable
from typing import Any

import torch

from groundwire.saved.stand_ins import StandIn
from groundwire.saved.unpickling import BrokenFileError, Known, checked_key

__all__ = ["allowed_by_the_program", "known_plain_values"]


_HOLDERS = (list, tuple, dict, set, frozenset, slice)
"""Containers, of which a stand-in may be a part."""
_FACTORIES = (int, float, str, bool, complex, list, tuple, dict, set, frozenset, collections.OrderedDict)
_PATHS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path", "PurePath")


def known_plain_values() -> dict[str, Known]:
    """The names of plain values."""
    numbers, ordered = (int, float, bool), collections.OrderedDict
    items: dict[type, Callable[..., Any]] = {
        kind: _calling(kind, list, tuple, set, frozenset) for kind in (list, tuple)
    }
    keyed: dict[type, Callable[..., Any]] = {kind: _keyed(kind) for kind in (dict, set, frozenset)}
    builtin: dict[type, Callable[..., Any]] = {
        **items,
        **keyed,
        complex: _calling(complex, *numbers),
        range: _calling(range, int),
        slice: slice,
        bytearray: _byte_array,
    }
    of_time = (datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone)
    parts = (int, bytes, str, datetime.timezone, datetime.timedelta, type(None))
    times = {kind: _calling(kind, *parts) for kind in of_time}
    paths = {
        f"{room}.{name}": Known(kind := _path_class(name), _calling(kind, str))
        for room in ("pathlib", "pathlib._local")
        for name in _PATHS
    }
    return {
        **{f"builtins.{kind.__name__}": Known(kind) for kind in (int, float, str, bool, bytes, object)},
        **{f"builtins.{kind.__name__}": Known(kind, make, holds=kind in _HOLDERS) for kind, make in builtin.items()},
        **{f"datetime.{kind.__name__}": Known(kind, make) for kind, make in times.items()},
        **paths,
        "_codecs.encode": Known(_encoded, _calling(_encoded, str)),
        "argparse.Namespace": Known(argparse.Namespace, argparse.Namespace, argparse.Namespace, _fill_attributes),
        "types.SimpleNamespace": Known(
            types.SimpleNamespace, types.SimpleNamespace, types.SimpleNamespace, _fill_attributes
        ),
        "collections.OrderedDict": Known(ordered, _keyed(ordered), ordered, _fill_attributes, holds=True),
        "collections.Counter": Known(collections.Counter, _keyed(collections.Counter), holds=True),
        "collections.defaultdict": Known(collections.defaultdict, _default, holds=True),
        "torch.Size": Known(torch.Size, lambda sizes=(): torch.Size([*_calling(tuple, list, tuple)(sizes)])),
        "torch.device": Known(torch.device, _calling(torch.device, str, int)),
        "torch.serialization._get_layout": Known(_layout, _layout),
        **{str(kind): Known(kind) for kind in vars(torch).values() if isinstance(kind, (torch.dtype, torch.qscheme))},
    }


def _calling(maker: Callable[..., Any], *kinds: type) -> Callable[..., Any]:
    """A maker that takes arguments of these very classes alone, no subclasses, which may bring methods of their own."""

    def make(*values: Any) -> Any:
        _check_types(values, kinds)
        return maker(*values)

    return make


def _keyed(maker: Callable[[Any], Any]) -> Callable[..., Any]:
    """A maker of what hashes its items, each of which is checked before."""

    def make(items: Any = ()) -> Any:
        _check_types((items,), (list, tuple, set, frozenset, dict))
        if maker in (set, frozenset):
            return maker([checked_key(item) for item in items])
        pairs = items.items() if isinstance(items, dict) else items
        return maker({checked_key(key): value for key, value in pairs})

    return make


def _check_types(values: tuple[Any, ...], kinds: tuple[type, ...]) -> None:
    for value in values:
        if type(value) not in kinds:
            raise BrokenFileError(f"it calls something with a {type(value).__name__} that it cannot be")


def _default(factory: Any = None, items: Any = ()) -> Any:
    if not (factory is None or isinstance(factory, StandIn) or factory in _FACTORIES):
        raise BrokenFileError(f"it makes missing values with {factory!s}")
    return collections.defaultdict(factory, _keyed(dict)(items))


def _encoded(text: str, encoding: str = "utf-8") -> bytes:
    """Bytes, which older protocols write as a text; any other codec would be imported because a file says so."""
    if encoding not in ("latin1", "latin-1", "utf-8", "utf8", "ascii"):
        raise BrokenFileError(f"it asks for the codec {encoding!r}")
    return text.encode(encoding)


def _byte_array(value: Any = b"", encoding: str = "latin-1") -> bytearray:
    _check_types((value,), (bytes, str, bytearray))
    return bytearray(_encoded(value, encoding) if isinstance(value, str) else value)


def _fill_attributes(filled: Any, state: Any) -> None:
    if type(state) is not dict or not all(type(key) is str for key in state):
        raise BrokenFileError(f"it gives a {type(filled).__name__} a state that it cannot have")
    vars(filled).update(state)


def _layout(name: str) -> torch.layout:
    return {str(layout): layout for layout in vars(torch).values() if isinstance(layout, torch.layout)}[name]


def _path_class(name: str) -> type[pathlib.PurePath]:
    """The class of paths on this system, whichever wrote the file."""
    return getattr(pathlib, name) if name.startswith("Pure") else pathlib.Path


def allowed_by_the_program() -> dict[str, Known]:
    """The names that the program itself has allowed, with ``torch.serialization.add_safe_globals``."""
    known = {}
    for entry in torch.serialization.get_safe_globals():
        value, name = entry if isinstance(entry, tuple) else (entry, f"{entry.__module__}.{entry.__qualname__}")
        new = value.__new__ if isinstance(value, type) else None
        known[name] = Known(value, value, None if new is None else (lambda *a, n=new, v=value: n(v, *a)), _fill_any)
    return known


def _fill_any(filled: Any, state: Any) -> None:
    if hasattr(filled, "__setstate__"):
        filled.__setstate__(state)
        return
    own, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    vars(filled).update(own or {})
    for name, value in (slots or {}).items():
        setattr(filled, name, value)
