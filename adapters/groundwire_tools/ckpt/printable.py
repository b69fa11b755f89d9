"""Values of a file in a few words: a file may hold anything, signs that steer a terminal among it."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any

import torch

from groundwire.saved.stand_ins import StandIn

__all__ = ["brief", "joined", "printable", "size_text"]

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60
_whole = reprlib.Repr()
_whole.maxstring = _whole.maxother = _whole.maxlong = 2000
_whole.maxdict = _whole.maxlist = _whole.maxtuple = 1000


def brief(value: Any, whole: bool = False) -> str:
    """A value in a few words; with ``whole`` in as many as it takes, within reason."""
    if isinstance(value, torch.Tensor):
        if value.numel() == 1 and value.dim() == 0 and not value.is_meta:
            return f"{kind_of(value)} {value.item()!r}"
        return kind_of(value)
    if isinstance(value, StandIn):
        return repr(value)
    if isinstance(value, _CONTAINERS) and not whole and (len(value) > 4 or any(map(_is_container, _entries_of(value)))):
        return f"{type(value).__name__} of {len(value)}"
    try:
        return printable((_whole if whole else _short).repr(value))
    except ValueError:  # of a whole number with more digits than Python writes
        return f"{type(value).__name__} with a number of too many digits"


_CONTAINERS = (dict, list, tuple, set, frozenset)


def _entries_of(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _is_container(value: Any) -> bool:
    return isinstance(value, _CONTAINERS)


def kind_of(tensor: torch.Tensor) -> str:
    """Dtype and shape of a tensor."""
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


def joined(path: Iterable[Any]) -> str:
    """Keys as one path."""
    return printable(".".join(key if isinstance(key, str) else brief(key) for key in path))


def printable(text: str) -> str:
    """A text whose unprintable signs are escaped."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


def size_text(size: int) -> str:
    """Bytes in the unit that suits them."""
    if size < 1000:
        return f"{size} B"
    power = min((len(str(size)) - 1) // 3, len(_UNITS))
    return f"{size / 1000**power:.1f} {_UNITS[power - 1]}"


_UNITS = ("kB", "MB", "GB", "TB")
