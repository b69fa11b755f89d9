"""Where Lightning has what reads modules and hyper-parameters from files."""

from __future__ import annotations

import ast
import csv
import functools
import inspect
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import torch

from groundwire import CheckpointError
from groundwire.errors import rank_zero_warn
from groundwire.saved.stand_ins import StandIn
from groundwire_lightning.checkpoints import yaml_values
from groundwire_lightning.checkpoints.reading import (
    NoCheckpointError,
    Source,
    UnsafeCheckpointError,
    load_weights,
    read,
    refused,
)
from groundwire_lightning.core import needs
from groundwire_lightning.loggers.files import as_mapping, write_hparams
from groundwire_lightning.utilities.cloud_io import get_filesystem
from groundwire_lightning.utilities.parsing import AttributeDict

__all__ = ["_load_from_checkpoint", "get_filesystem", "load_hparams_from_yaml", "save_hparams_to_yaml"]


def _load_from_checkpoint(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """What ``load_from_checkpoint`` of our base class does, for a class that overrides it."""
    loaders = (vars(base).get("load_from_checkpoint") for base in cls.__mro__)
    return next(loader for loader in loaders if isinstance(loader, OfTheClass)).method(cls, *args, **kwargs)


def load_hparams_from_yaml(config_yaml: Any, use_omegaconf: bool = True) -> dict[str, Any]:
    """Hyper-parameters out of a file.

    Args:
        config_yaml: The file; one that is missing holds none.
        use_omegaconf: Without effect: they come as a dictionary.
    """
    return from_file(config_yaml) if get_filesystem(config_yaml).exists(str(config_yaml)) else {}


def save_hparams_to_yaml(config_yaml: Any, hparams: Any, use_omegaconf: bool = True) -> None:
    """Hyper-parameters into a file.

    Args:
        config_yaml: The file.
        hparams: A dictionary or a namespace.
        use_omegaconf: Without effect: a container of omegaconf is written as one.
    """
    write_hparams(get_filesystem(config_yaml), str(config_yaml), as_mapping(hparams))


PAST_KEYS = ("hparams", "module_arguments")
"""Where releases of Lightning before 1.0 kept hyper-parameters."""
OF_A_COMMAND_LINE = ("_instantiator", "_class_path")
"""What a command line writes beside hyper-parameters: what makes the object, and its class."""
MAKERS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {}
"""Who makes an object where a file names somebody: path, as a command line writes it, to function."""


class UnsafeArgumentError(UnsafeCheckpointError, TypeError, ValueError):
    """An argument of the class that the file has only as the name of what would make it."""


class OfTheClass:
    """A class method that is refused on an instance, whose weights it would not load."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self.method = method

    def __get__(self, instance: Any, owner: type) -> Callable[..., Any]:
        @functools.wraps(self.method)
        def bound(*args: Any, **kwargs: Any) -> Any:
            if instance is not None:
                raise TypeError(
                    f"{owner.__qualname__}.load_from_checkpoint makes a new object and leaves the one that it is "
                    "called on as it is; call it on the class, and use what it returns"
                )
            return self.method(owner, *args, **kwargs)

        return bound


def load_object(
    cls: Any,
    source: Source,
    map_location: Any,
    hparams_file: Any,
    weights_only: bool | None,
    given: dict[str, Any],
    build: Callable[[Any, dict[str, Any]], Any],
) -> Any:
    """Read a checkpoint, and make an object of the hyper-parameters in it.

    Args:
        cls: The class.
        source: The file.
        map_location: Where tensors go; by default where they were, or on the CPU where there is no such device.
        hparams_file: A ``.yaml`` or ``.csv`` file to take the hyper-parameters from instead.
        weights_only: False trusts the file, and runs what it names.
        given: Arguments of the class that replace what the file holds.
        build: Gives the object what the checkpoint holds of it.
    """
    trusted = weights_only is False
    state = read(source, weights_only, map_location or _where_it_was)
    key = cls.CHECKPOINT_HYPER_PARAMS_KEY
    if hparams_file is not None:
        state[key] = from_file(hparams_file, trusted)
    told = hparams_file or source
    if trusted:
        return build(_instantiated(cls, _arguments(cls, state, given), told), state)
    return build(cls(**_checked(cls, _arguments(cls, state, given), given, told)), state)


def _where_it_was(storage: Any, location: str) -> Any:
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    for kind, is_there in there.items():
        if location.startswith(kind) and not is_there:
            return storage.cpu()
    return storage.cpu() if location.startswith("xla") else None


def _held(cls: Any, state: dict[str, Any], given: dict[str, Any]) -> Any:
    """The hyper-parameters of a checkpoint, with those that replace them."""
    key = cls.CHECKPOINT_HYPER_PARAMS_KEY
    held = state.get(key)
    if isinstance(held, MutableMapping):
        held.update(given)
    elif held is None:
        held = state[key] = dict(given)
    elif not isinstance(held, StandIn):
        raise CheckpointError(f"the entry {key!r} is damaged: it is a {type(held).__name__}, not a dictionary")
    return held


def _arguments(cls: Any, state: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What the class is called with, and what a command line wrote beside it."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    named = {one.name for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}
    held = _held(cls, state, given)
    whole = state.get(cls.CHECKPOINT_HYPER_PARAMS_NAME)
    if not isinstance(held, StandIn):
        past = PAST_KEYS if issubclass(cls, torch.nn.Module) else ()
        held = {
            name: value
            for entry in (*past, cls.CHECKPOINT_HYPER_PARAMS_KEY)
            for name, value in (state.get(entry) or {}).items()
        }
        if isinstance(kind := state.get(cls.CHECKPOINT_HYPER_PARAMS_TYPE), type):
            held = kind(held)
        elif isinstance(whole, str) and whole in named:
            held = AttributeDict(held)
    if isinstance(whole, str) and whole in named:
        held = {whole: held}
    if isinstance(held, StandIn):
        return dict.fromkeys(named - set(given), held) | given  # whichever of them stood in there
    arguments = {**held, **given}
    if not any(one.kind is one.VAR_KEYWORD for one in parameters) and "_class_path" not in arguments:
        arguments = {name: value for name, value in arguments.items() if name in named or name in OF_A_COMMAND_LINE}
    return arguments


def _checked(cls: Any, arguments: dict[str, Any], given: dict[str, Any], source: Source) -> dict[str, Any]:
    """The arguments, of which none needs anything that the file names.

    Raises:
        UnsafeArgumentError: It cannot; says what is needed, and the ways to have it.
    """
    instantiator = arguments.pop("_instantiator", None)
    path = arguments.pop("_class_path", None)
    if instantiator is not None and instantiator not in MAKERS:
        raise UnsafeArgumentError(
            f"{source} asks for {instantiator!r} to make {cls.__qualname__}: that runs code it names, and is refused"
        )
    if path is not None and not _names(path, cls):
        raise UnsafeArgumentError(
            f"{source} asks for the class {path!r} in place of {cls.__qualname__}, and nothing that a file names is "
            f"imported or called. Call load_from_checkpoint of that class or, if you trust who wrote the file, "
            f"{cls.__qualname__}.load_from_checkpoint(path, weights_only=False)"
        )
    hints = needs.hints_of(cls) if instantiator is not None else None
    needed = {}
    for name in arguments.keys() - given.keys():
        arguments[name], needed[name] = needs.without_code(arguments[name], hints and hints.get(name, Any))
    if needed := {name: what for name, what in needed.items() if what}:
        said = ", ".join(f"{name} ({what})" for name, what in sorted(needed.items()))
        call = ", ".join(f"{name}=..." for name in sorted(needed))
        raise UnsafeArgumentError(
            f"{cls.__qualname__} needs {said} of {source}, and making that runs code which the file names. Pass it: "
            f"{cls.__qualname__}.load_from_checkpoint(path, {call}); or, if you trust who wrote the file, pass "
            "weights_only=False"
        )
    return arguments


def _names(path: Any, cls: type) -> bool:
    """True for a path that leads to the class, without importing or asking a module for what it has not loaded."""
    module, _, name = str(path).rpartition(".")
    return vars(sys.modules.get(module, object)).get(name) is cls


def _instantiated(cls: Any, arguments: dict[str, Any], source: Source) -> Any:
    """An object of the class of a file that is trusted, through the command line's parser where that wrote it."""
    instantiator = arguments.pop("_instantiator", None)
    if instantiator is None:
        arguments.pop("_class_path", None)
        return cls(**arguments)
    path = str(arguments.get("_class_path", ""))
    module, _, name = path.rpartition(".")
    asked = getattr(sys.modules.get(module), name, None)
    if instantiator not in MAKERS or (path and not (isinstance(asked, type) and issubclass(asked, cls))):
        raise UnsafeArgumentError(
            f"{source} asks for {path or instantiator!r}, which is no subclass of {cls.__qualname__} that was "
            "imported; import its module first, if you trust the file"
        )
    return MAKERS[instantiator](cls, arguments)


def build_data_module(made: Any, state: dict[str, Any]) -> Any:
    """A data module in the state that the checkpoint holds."""
    if type(made).__qualname__ in state:
        kept = state[type(made).__qualname__]
        if error := refused(kept, f"the state of {type(made).__qualname__}", "the checkpoint"):
            raise error
        made.load_state_dict(kept)
    return made


def build_module(strict: bool | None, source: Source) -> Callable[[Any, dict[str, Any]], Any]:
    """What gives a module the weights of a checkpoint.

    Args:
        strict: Refuse names that miss or are too many; None for what the module says of itself.
        source: The file, for messages.
    """

    def build(made: Any, state: dict[str, Any]) -> Any:
        own = getattr(made, "_strict_loading", None)
        if own is not None and strict is not None and strict != own:
            raise ValueError(
                f"{type(made).__qualname__}.load_from_checkpoint(strict={strict}): the module sets "
                f"strict_loading={own}; give both the same value"
            )
        is_strict = made.strict_loading if strict is None else strict
        made.configure_model()
        made.on_load_checkpoint(state)
        if "state_dict" not in state:
            raise CheckpointError(f"{source} has no 'state_dict'; it holds {', '.join(map(repr, state))}")
        names = load_weights(made, state["state_dict"], is_strict, str(source))
        if names is not None:  # what an override returns, if anything
            for what, entries in (("misses", names.missing_keys), ("has too many", names.unexpected_keys)):
                if entries:
                    rank_zero_warn(f"{source} {what}: {', '.join(entries)}")
        tensors = [tensor for tensor in state["state_dict"].values() if isinstance(tensor, torch.Tensor)]
        if not state["state_dict"]:
            rank_zero_warn(f"{source} holds no weights")
        return made.to(tensors[0].device) if tensors else made

    return build


def from_file(path: Any, trusted: bool = False) -> dict[str, Any]:
    """Hyper-parameters that a logger wrote.

    Args:
        path: A ``.yaml``, ``.yml`` or ``.csv`` file.
        trusted: Follow tags that name something of Python.

    Raises:
        ValueError: It is of another kind.
        NoCheckpointError: There is no such file.
        CheckpointError: It cannot be read, or names something of Python.
    """
    kind = str(path).rpartition(".")[2].lower()
    if kind not in ("csv", "yml", "yaml"):
        raise ValueError(f"hparams_file={str(path)!r}: a .yaml, .yml or .csv file is due")
    if not Path(path).is_file():
        raise NoCheckpointError(f"hparams_file={str(path)!r}: there is no such file")
    with Path(path).open(newline="") as file:
        if kind != "csv":
            return yaml_values.read(file, path, trusted)
        try:
            return {row[0]: _value(row[1]) for row in list(csv.reader(file))[1:]}
        except (csv.Error, IndexError, RecursionError) as error:
            raise CheckpointError(f"hparams_file={str(path)!r} cannot be read: {error}") from error


def _value(said: str) -> Any:
    try:
        return ast.literal_eval(said)
    except (ValueError, SyntaxError, MemoryError):  # the parser has no room for what is nested too deep
        return said
