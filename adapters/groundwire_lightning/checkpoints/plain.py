"""What of a checkpoint is more than tensors and plain values."""

from __future__ import annotations

import pickle
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from types import SimpleNamespace
from typing import Any

import torch

from groundwire.saved.plain_values import allowed_by_the_program, plain
from groundwire_lightning.checkpoints.reading import allowed_names


def foreign_values(state: Mapping[str, Any], besides: Iterable[str] = ()) -> dict[str, str]:
    """What of a checkpoint is more than tensors and plain values: path to its class, or to itself where it has a name.

    Args:
        state: The checkpoint.
        besides: Entries that are not looked at.
    """
    walk = _Walk()
    for key in state.keys() - set(besides):
        walk.into(state[key], str(key))
    return {path: walk.names[path] for path in sorted(walk.names)}


class _Walk:
    """Goes through values, those in others too, each once.

    Attributes:
        names: Path to the class of what is not plain.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._seen: set[int] = set()
        known = {**plain(), **allowed_names(), **allowed_by_the_program()}.values()
        self._values = {id(one.value) for one in known}
        self._kinds = {one.value for one in known if isinstance(one.value, type) and (one.make or one.new or one.fill)}

    def into(self, value: Any, path: str) -> None:
        """Look at a value and all that is in it."""
        kind = type(value)
        if kind in _PLAIN or id(value) in self._seen or id(value) in self._values:
            return
        self._seen.add(id(value))
        if isinstance(value, dict) and kind in self._kinds:
            for key, entry in value.items():
                self.into(key, f"{path}.{key}")
                self.into(entry, f"{path}.{key}")
        elif isinstance(value, (list, tuple, set, frozenset)) and kind in self._kinds:
            for index, entry in enumerate(value):
                self.into(entry, f"{path}.{index}")
        elif kind in (Namespace, SimpleNamespace):
            self.into(vars(value), path)
        elif kind not in self._kinds and not isinstance(value, PurePath) and not _is_of_numpy(value):
            self.names[path] = _name(value)


_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, torch.Tensor, torch.nn.Parameter})


def _is_of_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray))


def _name(value: Any) -> str:
    named = value if hasattr(value, "__qualname__") else type(value)
    module = getattr(named, "__module__", None) or type(value).__module__
    return f"{module}.{named.__qualname__}"


def is_picklable(value: Any) -> bool:
    """True for what can be written into a file."""
    try:
        _Probe(_Nowhere()).dump(value)
    except Exception:  # noqa: BLE001  # whatever the object raises
        return False
    return True


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        """Take bytes."""
        return len(data)


class _Probe(pickle.Pickler):
    """A pickler that spares itself the bytes of tensors."""

    def persistent_id(self, obj: Any) -> Any:
        """What stands for a tensor."""
        return 0 if isinstance(obj, torch.Tensor) else None
