"""Stand-ins for what a file names and nobody loads, and how they are found in what the file holds."""

from __future__ import annotations

import argparse
import pickle
import types
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from groundwire.errors import CheckpointError

__all__ = ["StandIn", "StandInError", "levels", "stand_ins"]


class StandInError(CheckpointError, pickle.UnpicklingError, AttributeError, TypeError):
    """A stand-in for something that was not loaded was used as if it were the thing itself."""


class StandIn:
    """The name of something in a file that is not made here; its every use is an error that says so.

    Attributes:
        foreign_name: Module and name of the class or function.
    """

    __slots__ = ("foreign_name",)

    def __init__(self, foreign_name: str) -> None:
        self.foreign_name = foreign_name

    def __repr__(self) -> str:
        return f"<{self.foreign_name}, not loaded>"

    def __copy__(self) -> StandIn:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> StandIn:
        return self

    def __hash__(self) -> int:
        return id(self)

    def __getattr__(self, name: str) -> NoReturn:
        self._refuse()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise StandInError(
            f"{self.foreign_name} stands in a file and was not loaded, since that runs code which the file names; if "
            "you trust who wrote it, load it with weights_only=False"
        )


# Python looks these up on the class, where __getattr__ is not asked
_USES = (
    *("call", "iter", "next", "len", "bool", "getitem", "setitem", "contains", "eq", "ne", "lt", "le", "gt", "ge"),
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "neg", "float", "int", "index", "fspath"),
    *("enter", "reduce_ex"),
)
for _use in _USES:
    setattr(StandIn, f"__{_use}__", StandIn._refuse)


def stand_ins(value: Any) -> list[StandIn]:
    """The stand-ins in a value, in containers and namespaces too."""
    return [part for level in levels(value) for part in level if isinstance(part, StandIn)]


def levels(value: Any) -> Iterator[list[Any]]:
    """Everything in a value once, level by level."""
    seen, level = set[int](), [value]
    while level:
        yield level
        below: list[Any] = []
        for part in level:
            if type(part) not in _LEAVES and id(part) not in seen:
                seen.add(id(part))
                below += _parts_of(part)
        level = below


_LEAVES = frozenset({type(None), bool, int, float, str, bytes})


def _parts_of(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return value
    return vars(value).values() if isinstance(value, (argparse.Namespace, types.SimpleNamespace)) else ()
