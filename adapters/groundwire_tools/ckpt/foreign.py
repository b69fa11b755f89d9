"""Values that a form of file cannot hold, or that would have to be made by code which the file names."""

from __future__ import annotations

import argparse
import collections
import datetime
import pathlib
import types
from typing import Any

import torch

from groundwire.saved.stand_ins import StandIn
from groundwire_lightning.utilities.parsing import AttributeDict
from groundwire_tools.ckpt.printable import joined

__all__ = ["Fit", "imported_by_name"]

_DICTS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
_SEQUENCES = (list, tuple, set, frozenset)
_OF_WEIGHTS_ONLY = frozenset(
    {*(type(None), bool, int, float, complex, str, bytes, bytearray)}
    | {*(torch.Tensor, torch.nn.Parameter, torch.Size, torch.dtype, torch.device)}
)
_OF_GROUNDWIRE = _OF_WEIGHTS_ONLY | {
    *(argparse.Namespace, types.SimpleNamespace, range, slice),
    *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone),
    *(type(pathlib.Path()), type(pathlib.PurePath()), pathlib.PurePosixPath, pathlib.PureWindowsPath),
}
_NOT_OF_WEIGHTS_ONLY = (collections.defaultdict, frozenset)
_GONE: Any = object()
_IMPORTED = frozenset({"_instantiator", "_class_path", "class_path"})


class Fit:
    """What of a value a file can hold.

    Args:
        form: The form of the file: ``lightning`` takes all that was read but stand-ins, ``native`` plain values, and
            ``pytorch-accelerated`` what ``torch.load(weights_only=True)`` takes.

    Attributes:
        unfit: Path of each part that the file cannot hold to the name of what it is.
    """

    def __init__(self, form: str) -> None:
        self.unfit: dict[str, str] = {}
        self._kinds = {"native": _OF_GROUNDWIRE, "pytorch-accelerated": _OF_WEIGHTS_ONLY}.get(form)
        self._known: dict[int, tuple[Any, Any]] = {}  # the value itself too, lest its identity be that of another

    def without_unfit(self, value: dict[str, Any]) -> dict[str, Any]:
        """The value without the entries of dictionaries that hold, directly or in a list, what is unfit."""
        fitting = self._of(value, "")
        return {} if fitting is _GONE else fitting

    def _of(self, value: Any, path: str) -> Any:
        if type(value) in _OF_WEIGHTS_ONLY:
            return value
        if id(value) not in self._known:
            self._known[id(value)] = (value, value)  # for a value that holds itself
            self._known[id(value)] = (value, self._new(value, path))
        return self._known[id(value)][1]

    def _new(self, value: Any, path: str) -> Any:
        kind = type(value)
        if self._kinds is _OF_WEIGHTS_ONLY and kind in _NOT_OF_WEIGHTS_ONLY:
            self.unfit[path] = _foreign_name(value)
            return _GONE
        if kind in _DICTS or kind is AttributeDict:
            parts = {key: self._of(part, joined((path, key) if path else (key,))) for key, part in value.items()}
            if kind is not AttributeDict and all(parts[key] is part for key, part in value.items()):
                return value
            return {key: part for key, part in parts.items() if part is not _GONE}
        if kind in _SEQUENCES:
            items = [self._of(part, f"{path}.{index}") for index, part in enumerate(value)]
            if all(new is old for new, old in zip(items, value, strict=True)):
                return value
            return _GONE if any(item is _GONE for item in items) else kind(items)
        if kind in (argparse.Namespace, types.SimpleNamespace) and kind in (self._kinds or _OF_GROUNDWIRE):
            unfit = len(self.unfit)
            self._of(vars(value), path)
            return value if len(self.unfit) == unfit else _GONE
        if isinstance(value, StandIn) or (self._kinds is not None and kind not in self._kinds):
            self.unfit[path] = _foreign_name(value)
            return _GONE
        return value


def _foreign_name(value: Any) -> str:
    if isinstance(value, StandIn):
        return value.foreign_name
    return f"{type(value).__module__}.{type(value).__qualname__}"


def imported_by_name(hyper_parameters: Any) -> dict[str, str]:
    """Path and text of the hyper-parameters that Lightning takes for something to import and call."""
    names: dict[str, str] = {}
    seen, ahead = set[int](), [("", hyper_parameters)]
    while ahead:
        path, value = ahead.pop()
        if not isinstance(value, dict) or id(value) in seen:
            continue
        seen.add(id(value))
        for key, entry in value.items():
            place = joined((path, key) if path else (key,))
            if key in _IMPORTED and isinstance(entry, str):
                names[place] = entry
            ahead.append((place, entry))
    return names
