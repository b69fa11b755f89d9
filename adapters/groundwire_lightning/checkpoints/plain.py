"""What may stand in a file that loads without running code, and what is left out of it by name."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

import torch

LEFT_OUT = "groundwire_left_out"
"""Entry of a checkpoint: path of a value that was left out to what it was."""
AS = "groundwire_as"
"""Entry of a checkpoint: path of a value that stands there in a plainer form to what it was."""

_PLAIN_TYPES = (type(None), bool, int, float, complex, str, bytes, bytearray)
_TORCH = (torch.Tensor, torch.Size, torch.dtype, torch.device, torch.layout)
_LOADABLE = frozenset({*_PLAIN_TYPES, *_TORCH, torch.nn.Parameter})
_CONTAINERS = frozenset({list, tuple, set})


def cleaned(state: Mapping[str, Any], besides: Iterable[str] = ()) -> dict[str, Any]:
    """A checkpoint with nothing in it that could not be loaded safely.

    Paths become strings, namespaces and dictionaries of other classes dictionaries, numbers of NumPy
    and of enumerations Python's own; all else is left out. What was changed or left out is listed
    in entries of the checkpoint.

    Args:
        state: The checkpoint.
        besides: Entries that are kept as they are.

    Returns:
        A new dictionary; what is plain in it is the same object.
    """
    notes = Notes()
    kept = {key: value if key in besides else notes.plain(value, str(key)) for key, value in state.items()}
    noted = {LEFT_OUT: notes.left_out, AS: notes.plainer}
    kept |= {entry: found for entry, found in noted.items() if found}
    return {key: value for key, value in kept.items() if value is not _NOTHING}


_NOTHING = object()


class Notes:
    """Makes values plain, and writes down what that changed.

    Attributes:
        left_out: Path to the class of what was left out.
        plainer: Path to the class of what was written in a plainer form.
    """

    def __init__(self) -> None:
        self.left_out: dict[str, str] = {}
        self.plainer: dict[str, str] = {}

    def plain(self, value: Any, path: str) -> Any:
        """The value itself where all of it can be loaded safely, else the part that can."""
        kind = type(value)
        if kind in _LOADABLE or isinstance(value, torch.Tensor):
            return value
        if kind is dict or kind is OrderedDict:
            return self._mapping(value, path)
        if kind in _CONTAINERS:
            return self._items(value, path)
        return self._simplified(value, path)

    def _mapping(self, value: Any, path: str) -> Any:
        made = {key: self.plain(entry, f"{path}.{key}") for key, entry in value.items()}
        same = all(made[key] is entry for key, entry in value.items())
        if same and all(type(key) in _LOADABLE or type(key) is tuple for key in value):
            return value
        kept = {key: entry for key, entry in made.items() if entry is not _NOTHING}
        return kept if type(value) is dict else OrderedDict(kept)

    def _items(self, value: Any, path: str) -> Any:
        made = [self.plain(entry, f"{path}.{index}") for index, entry in enumerate(value)]
        if all(one is other for one, other in zip(made, value, strict=True)):
            return value
        # a place in a list means something: what was left out of it is None there
        return type(value)(None if entry is _NOTHING else entry for entry in made)

    def _simplified(self, value: Any, path: str) -> Any:
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
            return value.item()
        if isinstance(value, PurePath):
            self.plainer[path] = "pathlib.Path"
            return str(value)
        if isinstance(value, Namespace):
            self.plainer[path] = "argparse.Namespace"
            return self._mapping(vars(value), path)
        omegaconf = sys.modules.get("omegaconf")
        if omegaconf is not None and omegaconf.OmegaConf.is_config(value):
            self.plainer[path] = "omegaconf"
            return self.plain(omegaconf.OmegaConf.to_container(value, resolve=True), path)
        if isinstance(value, dict):
            return self._mapping(dict(value), path)
        if isinstance(value, Enum) and isinstance(value, (str, int)):
            return value.value
        for plain in (bool, int, float, str):
            if isinstance(value, plain):
                return plain(value)
        self.left_out[path] = name
        return _NOTHING


def restored(value: Any, path: str, plainer: Mapping[str, str]) -> Any:
    """A value as it was before it was written in a plainer form."""
    from pathlib import Path

    if isinstance(value, dict):
        value = type(value)({key: restored(entry, f"{path}.{key}", plainer) for key, entry in value.items()})
    elif type(value) in (list, tuple):
        value = type(value)(restored(entry, f"{path}.{index}", plainer) for index, entry in enumerate(value))
    match plainer.get(path):
        case "pathlib.Path":
            return Path(value)
        case "argparse.Namespace":
            return Namespace(**value)
        case "omegaconf" if "omegaconf" in sys.modules:  # who uses it has imported it
            return sys.modules["omegaconf"].OmegaConf.create(value)
    return value
