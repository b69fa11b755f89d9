"""Arguments of constructors, and the attributes of a module that may stand in its hyper-parameters or data module."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import MutableMapping
from types import FrameType
from typing import Any

from groundwire.errors import rank_zero_warn

__all__ = [
    "AttributeDict",
    "clean_namespace",
    "collect_init_args",
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
    """True for an object that can be pickled."""
    try:
        pickle.dumps(obj)
    except (pickle.PickleError, AttributeError, RuntimeError, TypeError):
        return False
    return True


def clean_namespace(hparams: MutableMapping[str, Any]) -> None:
    """Remove what cannot be pickled from hyper-parameters, with a warning each.

    Args:
        hparams: They are changed.
    """
    for name in [name for name, value in hparams.items() if not is_picklable(value)]:
        rank_zero_warn(
            f"{name!r} cannot be pickled and was removed from the hyper-parameters; "
            f"save_hyperparameters(ignore=[{name!r}]) leaves it out"
        )
        del hparams[name]


def collect_init_args(
    frame: FrameType, path_args: list[dict[str, Any]], inside: bool = False, classes: tuple[type, ...] = ()
) -> list[dict[str, Any]]:
    """The arguments of the constructors that run from a frame upwards, which are those of a class and its bases.

    Args:
        frame: Where the search begins.
        path_args: The list that is added to; the constructor of the most special class comes last.
        inside: A constructor was passed already, so that the first frame that is none ends the search.
        classes: Constructors of objects of other classes do not count; empty counts all.
    """
    caller: FrameType | None = frame
    while caller is not None and caller.f_back is not None:
        arguments = constructor_arguments(caller, classes or object)
        if arguments is not None:
            path_args.append(arguments)
            inside = True
        elif inside:
            break
        caller = caller.f_back
    return path_args


def get_init_args(frame: FrameType) -> dict[str, Any]:
    """The arguments of the constructor that runs in a frame; empty where none does.

    Args:
        frame: A frame, such as ``inspect.currentframe()`` in a constructor.
    """
    return constructor_arguments(frame) or {}


def constructor_arguments(frame: FrameType, base: type | tuple[type, ...] = object) -> dict[str, Any] | None:
    """The arguments of the constructor that runs in a frame; None where none does.

    Args:
        frame: A frame of the stack.
        base: Constructors of other classes do not count.
    """
    values = frame.f_locals
    cls = values.get("__class__")  # there in a constructor that says super() or __class__
    if cls is None or frame.f_code.co_name != "__init__":
        return None
    instance, *parameters = inspect.signature(cls.__init__).parameters.values()
    if not isinstance(values.get(instance.name), base):
        return None
    arguments: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments.update(values[parameter.name])
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            arguments[parameter.name] = values[parameter.name]
    return arguments


def _holders(model: Any, attribute: str) -> list[Any]:
    """The objects that have an attribute, among module, its hyper-parameters, data module and those of that."""
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


def _at_least_one_holder(model: Any, attribute: str) -> list[Any]:
    holders = _holders(model, attribute)
    if not holders:
        raise AttributeError(f"neither {type(model).__name__} nor its hparams nor the data module has {attribute!r}")
    return holders


def lightning_hasattr(model: Any, attribute: str) -> bool:
    """True where module, hyper-parameters or data module have an attribute."""
    return bool(_holders(model, attribute))


def lightning_getattr(model: Any, attribute: str) -> Any:
    """An attribute of the data module, the hyper-parameters or the module, in this order.

    Raises:
        AttributeError: None has it.
    """
    holder = _at_least_one_holder(model, attribute)[-1]
    return holder[attribute] if isinstance(holder, dict) else getattr(holder, attribute)


def lightning_setattr(model: Any, attribute: str, value: Any) -> None:
    """Set an attribute wherever module, hyper-parameters and data module have it.

    Raises:
        AttributeError: None has it.
    """
    for holder in _at_least_one_holder(model, attribute):
        if isinstance(holder, dict):
            holder[attribute] = value
        else:
            setattr(holder, attribute, value)
