"""Hyper-parameters and frames, as Lightning code reads them."""

from __future__ import annotations

import inspect
import pickle
from types import FrameType
from typing import Any

__all__ = [
    "AttributeDict",
    "get_init_args",
    "is_picklable",
    "lightning_getattr",
    "lightning_hasattr",
    "lightning_setattr",
]


class AttributeDict(dict[str, Any]):
    """A dictionary whose keys can be read and set as attributes."""

    def __getattr__(self, key: str) -> Any:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"Missing attribute {key!r}; there are {sorted(map(str, self))}") from None

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __repr__(self) -> str:
        if not self:
            return ""
        width = max(len(str(key)) for key in self)
        return "\n".join(f'"{key}":{" " * (width - len(str(key)) + 1)}{self[key]}' for key in sorted(self))


def is_picklable(obj: object) -> bool:
    """True if an object can be pickled."""
    try:
        pickle.dumps(obj)
    except (pickle.PickleError, AttributeError, RuntimeError, TypeError):
        return False
    return True


def get_init_args(frame: FrameType) -> dict[str, Any]:
    """The arguments of the constructor that runs in a frame; empty where none does.

    Args:
        frame: Such as ``inspect.currentframe()`` in a constructor.
    """
    values = frame.f_locals
    cls = values.get("__class__")
    if cls is None or frame.f_code.co_name != "__init__":
        return {}
    found: dict[str, Any] = {}
    for parameter in list(inspect.signature(cls.__init__).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            found.update(values[parameter.name])
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            found[parameter.name] = values[parameter.name]
    return found


def _holders(model: Any, attribute: str) -> list[Any]:
    """Where an attribute may be: the module, its hyper-parameters, the data module, those of that."""
    trainer = getattr(model, "_trainer", None)
    hparams = getattr(model, "hparams", None)
    holders = [model] if hasattr(model, attribute) else []
    if hparams is not None and attribute in hparams:
        holders.append(hparams)
    data = None if trainer is None else trainer.datamodule
    if data is not None and hasattr(data, attribute):
        holders.append(data)
    if data is not None and attribute in getattr(data, "hparams", {}):
        holders.append(data.hparams)
    return holders


def lightning_hasattr(model: Any, attribute: str) -> bool:
    """True if module, hyper-parameters or data module have an attribute."""
    return bool(_holders(model, attribute))


def lightning_getattr(model: Any, attribute: str) -> Any:
    """An attribute of module, hyper-parameters or data module; the last of them that has it answers.

    Raises:
        AttributeError: None has it.
    """
    holders = _holders(model, attribute)
    if not holders:
        raise AttributeError(f"neither {type(model).__name__} nor its hparams nor the data module has {attribute!r}")
    holder = holders[-1]
    return holder[attribute] if isinstance(holder, dict) else getattr(holder, attribute)


def lightning_setattr(model: Any, attribute: str, value: Any) -> None:
    """Set an attribute wherever module, hyper-parameters and data module have it.

    Raises:
        AttributeError: None has it.
    """
    holders = _holders(model, attribute)
    if not holders:
        raise AttributeError(f"neither {type(model).__name__} nor its hparams nor the data module has {attribute!r}")
    for holder in holders:
        if isinstance(holder, dict):
            holder[attribute] = value
        else:
            setattr(holder, attribute, value)
