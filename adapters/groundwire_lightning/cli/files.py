"""Hyper-parameters that a command line takes over from a checkpoint: values, and no class that the file names."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from groundwire.saved.stand_ins import stand_ins
from groundwire_lightning.checkpoints.reading import UnsafeCheckpointError
from groundwire_lightning.core import needs

_CLASS_KEYS = ("class_path", "init_args", "dict_kwargs")
"""Keys with which a configuration names a class."""


class ModelArguments(NamedTuple):
    """The arguments of a command line for the module.

    Attributes:
        path: The path of the module's class, where the command line names one.
        cls: The module's class, where it is known without an import.
        arguments: Name of each argument to its value, as in a configuration.
    """

    path: str | None
    cls: type | None
    arguments: dict[str, Any]


def in_memory(path: str) -> Any:
    """Look up a dotted path among the modules that are imported; None where it leads nowhere."""
    module, _, name = path.rpartition(".")
    return vars(sys.modules[module]).get(name) if module in sys.modules else None


def taken_over(hparams: dict[str, Any], model: ModelArguments, path: Any) -> dict[str, Any]:
    """Pick the hyper-parameters of a checkpoint that differ from those of the command line.

    Args:
        hparams: The hyper-parameters of the checkpoint.
        model: The arguments of the command line.
        path: The path of the checkpoint, for messages.

    Raises:
        UnsafeCheckpointError: One of them is, or may be, the name of a class or function.
    """
    hints = {} if model.cls is None else needs.hints_of(model.cls)
    values: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for name, value in hparams.items():
        if name == "_class_path":
            if value != model.path:
                refused["class_path"] = str(value)
        elif not (name in model.arguments and _is_same(model.arguments[name], value)):
            values[name], need = needs.without_code(value, hints.get(name, needs.Unknown))
            if need or name in _CLASS_KEYS or not name.isidentifier():
                refused[name] = need or "no name of an argument"
    if refused:
        refusals = ", ".join(f"{name} ({need})" for name, need in refused.items())
        raise UnsafeCheckpointError(
            f"{path} says {refusals} of the module, and nothing that a file names is imported or called. Say on the "
            f"command line or in a configuration what is due, as with --model.{next(iter(refused))}=...; or, if you "
            "trust who wrote the file, pass --weights_only=false"
        )
    return values if model.path is None or not values else {"_class_path": model.path, **values}


def _is_same(ours: Any, theirs: Any) -> bool:
    return not stand_ins(theirs) and bool(ours == theirs)
