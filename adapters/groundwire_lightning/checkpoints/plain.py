"""A search of checkpoints for values that a safe reader could not make: more than tensors and plain values."""

from __future__ import annotations

import pickle
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from types import SimpleNamespace
from typing import Any

import torch

from groundwire.saved.plain_values import allowed_by_the_program, known_plain_values
from groundwire_lightning.checkpoints.reading import allowed_names


def foreign_values(state: Mapping[str, Any], besides: Iterable[str] = ()) -> dict[str, str]:
    """The values in a checkpoint that are neither tensors nor plain values.

    Args:
        state: The checkpoint.
        besides: Entries that are not searched.

    Returns:
        The path of each to the name of its class, or to its own name where it is a class or function.
    """
    walk = _Walk()
    for key in state.keys() - set(besides):
        walk.into(state[key], str(key))
    return {path: walk.names[path] for path in sorted(walk.names)}


class _Walk:
    """A walk through values and the values in them; each is visited once.

    Attributes:
        names: Path of a value that is not plain to the name of its class.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._seen: set[int] = set()
        known = {**known_plain_values(), **allowed_names(), **allowed_by_the_program()}.values()
        self._values = {id(entry.value) for entry in known}
        # classes that a reader can make objects of, and not merely name
        makes = [entry.value for entry in known if entry.make or entry.new or entry.fill]
        self._kinds = {value for value in makes if isinstance(value, type)}

    def into(self, value: Any, path: str) -> None:
        """Visit a value and the values in it."""
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
    owner = value if hasattr(value, "__qualname__") else type(value)
    module = getattr(owner, "__module__", None) or type(value).__module__
    return f"{module}.{owner.__qualname__}"


def can_be_written(value: Any) -> bool:
    """True for a value that ``torch.save`` can write."""
    try:
        _Probe(_Nowhere()).dump(value)
    except Exception:  # noqa: BLE001  # whatever the object raises
        return False
    return True


class _Nowhere:
    """A file that drops what is written to it."""

    def write(self, data: Any) -> int:
        """Drop some bytes, and return their number."""
        return len(data)


class _Probe(pickle.Pickler):
    """A pickler that leaves out tensors, whose bytes would take long."""

    def persistent_id(self, obj: Any) -> Any:
        """A placeholder for a tensor; None has any other object pickled."""
        return 0 if isinstance(obj, torch.Tensor) else None
