"""Objects made from checkpoints: hyper-parameters become arguments, and the state is loaded into the object.

Read from the top, it goes the way of ``load_from_checkpoint``: a file is read, its hyper-parameters are turned into
arguments, those that would run code of the file are refused, the object is made, and it is given its state. At the end
stand the files in which loggers keep hyper-parameters.
"""

from __future__ import annotations

import ast
import csv
import functools
import inspect
import sys
from collections.abc import Callable, MutableMapping
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
    unsafe_value_error,
)
from groundwire_lightning.core import needs
from groundwire_lightning.loggers.files import as_mapping, write_hparams
from groundwire_lightning.utilities.cloud_io import get_filesystem
from groundwire_lightning.utilities.parsing import AttributeDict

__all__ = ["_load_from_checkpoint", "get_filesystem", "load_hparams_from_yaml", "save_hparams_to_yaml"]

Maker = Callable[[Any, dict[str, Any]], Any]

PAST_KEYS = ("hparams", "module_arguments")
"""Entries in which releases of Lightning before 1.0 kept hyper-parameters."""
OF_A_COMMAND_LINE = ("_instantiator", "_class_path")
"""Entries that a command line writes beside hyper-parameters: the function that makes the object, and its class."""
MAKERS: dict[str, Maker] = {}
"""Functions that a file may ask for to make an object: path, as a command line writes it, to function."""


class UnsafeArgumentError(UnsafeCheckpointError, TypeError, ValueError):
    """An argument of the class that the file holds only as the name of code that would make it."""


class OfTheClass:
    """A class method that is refused on an instance, whose weights it would not load.

    Args:
        method: The function; its first parameter is the class.
    """

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


def _load_from_checkpoint(cls: Any, *args: Any, **kwargs: Any) -> Any:
    """The ``load_from_checkpoint`` of our base class, for a class that overrides it."""
    loaders = (vars(base).get("load_from_checkpoint") for base in cls.__mro__)
    return next(loader for loader in loaders if isinstance(loader, OfTheClass)).method(cls, *args, **kwargs)


def load_object(
    cls: Any,
    source: Source,
    map_location: Any,
    hparams_file: Any,
    weights_only: bool | None,
    overrides: dict[str, Any],
    build: Maker,
) -> Any:
    """Read a checkpoint, and make an object of the hyper-parameters in it.

    Args:
        cls: The class.
        source: The file.
        map_location: The device of its tensors; by default the one they were saved on, or the CPU where this
            machine has no such device.
        hparams_file: A ``.yaml`` or ``.csv`` file to take the hyper-parameters from instead.
        weights_only: False trusts the file, and runs what it names.
        overrides: Arguments of the class that replace what the file holds.
        build: Loads into the object what the checkpoint holds of it.
    """
    is_trusted = weights_only is False
    state = read(source, weights_only, map_location or _saved_device)
    if hparams_file is not None:
        state[cls.CHECKPOINT_HYPER_PARAMS_KEY] = read_hyper_parameters(hparams_file, is_trusted)
    arguments, origin = _arguments(cls, state, overrides), hparams_file or source
    if is_trusted:
        return build(_instantiated(cls, arguments, origin), state)
    return build(cls(**_safe_arguments(cls, arguments, overrides, origin)), state)


def _saved_device(storage: Any, location: str) -> Any:
    """``map_location`` for ``torch.load``: None leaves a tensor on the device that its file names."""
    is_available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "xla": False}
    lacks_device = any(location.startswith(kind) and not available for kind, available in is_available.items())
    return storage.cpu() if lacks_device else None


# hyper-parameters become arguments


def _arguments(cls: Any, state: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """The arguments that the class is called with, and the entries that a command line wrote beside them."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    names = {parameter.name for parameter in parameters if parameter.kind not in variadic}
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)

    hparams = _merged_hparams(cls, state, overrides)
    # save_hyperparameters(config) noted the one parameter that takes all of them
    whole = state.get(cls.CHECKPOINT_HYPER_PARAMS_NAME)
    is_whole = isinstance(whole, str) and whole in names
    if not isinstance(hparams, StandIn):
        hparams = _of_all_releases(cls, state)
        if isinstance(kind := state.get(cls.CHECKPOINT_HYPER_PARAMS_TYPE), type):
            hparams = kind(hparams)
        elif is_whole:
            hparams = AttributeDict(hparams)
    if is_whole:
        hparams = {whole: hparams}
    if isinstance(hparams, StandIn):
        return dict.fromkeys(names - set(overrides), hparams) | overrides  # any of them may have been in it
    arguments = {**hparams, **overrides}
    if not takes_any and "_class_path" not in arguments:
        arguments = {name: value for name, value in arguments.items() if name in names or name in OF_A_COMMAND_LINE}
    return arguments


def _merged_hparams(cls: Any, state: dict[str, Any], overrides: dict[str, Any]) -> Any:
    """The hyper-parameters of a checkpoint, updated in place: ``on_load_checkpoint`` sees the overrides too."""
    key = cls.CHECKPOINT_HYPER_PARAMS_KEY
    hparams = state.get(key)
    if isinstance(hparams, MutableMapping):
        hparams.update(overrides)
    elif hparams is None:
        hparams = state[key] = dict(overrides)
    elif not isinstance(hparams, StandIn):
        raise CheckpointError(f"the entry {key!r} is damaged: it is a {type(hparams).__name__}, not a dictionary")
    return hparams


def _of_all_releases(cls: Any, state: dict[str, Any]) -> dict[str, Any]:
    """The hyper-parameters under today's key and, for a module, under those of releases before 1.0."""
    past = PAST_KEYS if issubclass(cls, torch.nn.Module) else ()
    entries = [state.get(key) or {} for key in (*past, cls.CHECKPOINT_HYPER_PARAMS_KEY)]
    return {name: value for entry in entries for name, value in entry.items()}


# what would run code of the file is refused


def _safe_arguments(cls: Any, arguments: dict[str, Any], overrides: dict[str, Any], source: Source) -> dict[str, Any]:
    """The arguments, none of which needs anything that the file names.

    Raises:
        UnsafeArgumentError: One of them does; says what is needed, and the ways to have it.
    """
    instantiator = arguments.pop("_instantiator", None)
    path = arguments.pop("_class_path", None)
    if instantiator is not None and _maker(instantiator) is None:
        raise UnsafeArgumentError(
            f"{source} asks for {instantiator!r} to make {cls.__qualname__}: that runs code it names, and is refused"
        )
    if path is not None and not _leads_to(path, cls):
        raise UnsafeArgumentError(
            f"{source} asks for the class {path!r} in place of {cls.__qualname__}, and nothing that a file names is "
            f"imported or called. Call load_from_checkpoint of that class or, if you trust who wrote the file, "
            f"{cls.__qualname__}.load_from_checkpoint(path, weights_only=False)"
        )
    # only a command line writes classes as texts, so only its values are read by the annotations
    hints = needs.hints_of(cls) if instantiator is not None else None
    unsafe = {}
    for name in arguments.keys() - overrides.keys():
        arguments[name], code = needs.without_code(arguments[name], hints and hints.get(name, Any))
        if code:
            unsafe[name] = code
    if unsafe:
        needed = ", ".join(f"{name} ({code})" for name, code in sorted(unsafe.items()))
        call = ", ".join(f"{name}=..." for name in sorted(unsafe))
        raise UnsafeArgumentError(
            f"{cls.__qualname__} needs {needed} of {source}, and making that runs code which the file names. Pass it: "
            f"{cls.__qualname__}.load_from_checkpoint(path, {call}); or, if you trust who wrote the file, pass "
            "weights_only=False"
        )
    return arguments


def _maker(instantiator: Any) -> Maker | None:
    """The function that a file asks for to make the object; None for anything but one of :data:`MAKERS`."""
    return MAKERS.get(instantiator) if isinstance(instantiator, str) else None  # a hostile file has any object there


def _leads_to(path: Any, cls: type) -> bool:
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
    make = _maker(instantiator)
    if make is None or (path and not (isinstance(asked, type) and issubclass(asked, cls))):
        raise UnsafeArgumentError(
            f"{source} asks for {path or instantiator!r}, which is no subclass of {cls.__qualname__} that was "
            "imported; import its module first, if you trust the file"
        )
    return make(cls, arguments)


# the object is given its state


def build_data_module(data_module: Any, state: dict[str, Any]) -> Any:
    """Load into a data module the state that the checkpoint holds of it, and return it."""
    name = type(data_module).__qualname__
    if name in state:
        if error := unsafe_value_error(state[name], f"the state of {name}", "the checkpoint"):
            raise error
        data_module.load_state_dict(state[name])
    return data_module


def build_module(strict: bool | None, source: Source) -> Maker:
    """A function that loads the weights of a checkpoint into a module, and returns the module.

    Args:
        strict: Refuse names that are missing or too many; None leaves that to the module's ``strict_loading``.
        source: The file, for messages.
    """

    def build(module: Any, state: dict[str, Any]) -> Any:
        own = getattr(module, "_strict_loading", None)
        if own is not None and strict is not None and strict != own:
            raise ValueError(
                f"{type(module).__qualname__}.load_from_checkpoint(strict={strict}): the module sets "
                f"strict_loading={own}; give both the same value"
            )
        is_strict = module.strict_loading if strict is None else strict
        module.configure_model()  # layers that it makes have to be there before their weights
        module.on_load_checkpoint(state)  # may change the weights, and so comes before they are loaded
        if "state_dict" not in state:
            raise CheckpointError(f"{source} has no 'state_dict'; it holds {', '.join(map(repr, state))}")
        names = load_weights(module, state["state_dict"], is_strict, str(source))
        if names is not None:  # an override of load_state_dict may return nothing
            for problem, entries in (("misses", names.missing_keys), ("has too many", names.unexpected_keys)):
                if entries:
                    rank_zero_warn(f"{source} {problem}: {', '.join(entries)}")
        tensors = [tensor for tensor in state["state_dict"].values() if isinstance(tensor, torch.Tensor)]
        if not state["state_dict"]:
            rank_zero_warn(f"{source} holds no weights")
        return module.to(tensors[0].device) if tensors else module

    return build


# files of loggers


def read_hyper_parameters(path: Any, trusted: bool = False) -> dict[str, Any]:
    """Read the hyper-parameters that a logger wrote.

    Args:
        path: A ``.yaml``, ``.yml`` or ``.csv`` file.
        trusted: Follow tags that name something of Python.

    Raises:
        ValueError: It is of another kind.
        NoCheckpointError: There is no such file.
        CheckpointError: It cannot be read, or names something of Python.
    """
    extension = str(path).rpartition(".")[2].lower()
    if extension not in ("csv", "yml", "yaml"):
        raise ValueError(f"hparams_file={str(path)!r}: a .yaml, .yml or .csv file is due")
    files = get_filesystem(path)
    if not files.isfile(str(path)):
        raise NoCheckpointError(f"hparams_file={str(path)!r}: there is no such file")
    with files.open(str(path), "r", newline="") as file:
        if extension != "csv":
            return yaml_values.read_yaml(file, path, trusted)
        try:
            return {row[0]: _literal(row[1]) for row in list(csv.reader(file))[1:]}
        except (csv.Error, IndexError, RecursionError) as error:
            raise CheckpointError(f"hparams_file={str(path)!r} cannot be read: {error}") from error


def _literal(text: str) -> Any:
    """The value that a text of Python's literals stands for; the text itself where it is none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError):  # the parser has no room for what is nested too deep
        return text


def load_hparams_from_yaml(config_yaml: Any, use_omegaconf: bool = True) -> dict[str, Any]:
    """Read hyper-parameters from a file.

    Args:
        config_yaml: The file; one that does not exist holds none.
        use_omegaconf: Without effect: they come as a dictionary.
    """
    return read_hyper_parameters(config_yaml) if get_filesystem(config_yaml).exists(str(config_yaml)) else {}


def save_hparams_to_yaml(config_yaml: Any, hparams: Any, use_omegaconf: bool = True) -> None:
    """Write hyper-parameters into a file.

    Args:
        config_yaml: The file.
        hparams: A dictionary or a namespace.
        use_omegaconf: Without effect: a container of omegaconf is written as one.
    """
    write_hparams(get_filesystem(config_yaml), str(config_yaml), as_mapping(hparams))
