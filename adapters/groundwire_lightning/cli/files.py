"""What a command line takes over from a checkpoint: values, and no class or function that the file names."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from groundwire.saved.stand_ins import stand_ins
from groundwire_lightning.checkpoints.reading import UnsafeCheckpointError
from groundwire_lightning.core import needs

_WORDS = ("class_path", "init_args", "dict_kwargs")
"""Keys by which a configuration names a class."""


class OfModel(NamedTuple):
    """The module of a command line.

    Attributes:
        path: The path of its class, where the command line names one.
        cls: Its class, where that is known.
        arguments: Its arguments, as they stand in a configuration.
    """

    path: str | None
    cls: type | None
    arguments: dict[str, Any]


def in_memory(path: str) -> Any:
    """What a dotted path leads to among the modules that are imported, or None."""
    module, _, name = path.rpartition(".")
    return vars(sys.modules[module]).get(name) if module in sys.modules else None


def taken_over(hparams: dict[str, Any], said: OfModel, path: Any) -> dict[str, Any]:
    """The hyper-parameters of a checkpoint that a command line takes over: those in which it says something else.

    Args:
        hparams: Those of the checkpoint.
        said: What the command line says.
        path: The checkpoint, for messages.

    Raises:
        UnsafeCheckpointError: One of them is, or may be, the name of a class or function.
    """
    hints = {} if said.cls is None else needs.hints_of(said.cls)
    taken: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for name, value in hparams.items():
        if name == "_class_path":
            if value != said.path:
                refused["class_path"] = str(value)
        elif not (name in said.arguments and _is_same(said.arguments[name], value)):
            taken[name], need = needs.without_code(value, hints.get(name, needs.Unknown))
            if need or name in _WORDS or not name.isidentifier():
                refused[name] = need or "no name of an argument"
    if refused:
        told = ", ".join(f"{name} ({need})" for name, need in refused.items())
        raise UnsafeCheckpointError(
            f"{path} says {told} of the module, and nothing that a file names is imported or called. Say on the "
            f"command line or in a configuration what is due, as with --model.{next(iter(refused))}=...; or, if you "
            "trust who wrote the file, pass --weights_only=false"
        )
    return taken if said.path is None or not taken else {"_class_path": said.path, **taken}


def _is_same(one: Any, other: Any) -> bool:
    return not stand_ins(other) and bool(one == other)
