"""Where Lightning has what reads modules and hyper-parameters from files."""

from __future__ import annotations

import ast
import csv
import functools
import inspect
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from groundwire import CheckpointError
from groundwire.errors import rank_zero_warn
from groundwire_lightning.checkpoints.plain import AS, LEFT_OUT, restored
from groundwire_lightning.checkpoints.reading import Source, load_weights, read
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
MAKERS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {}
"""Who makes an object where a file names somebody: path, as a command line writes it, to function."""


class LeftOutError(CheckpointError, TypeError):
    """An argument that the class cannot do without, and that the file does not hold."""


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
    build: Callable[[type, dict[str, Any], dict[str, Any]], Any],
) -> Any:
    """Read a checkpoint, and make an object of the hyper-parameters in it.

    Args:
        cls: The class.
        source: The file.
        map_location: Where tensors go; by default where they were, or on the CPU where there is no such device.
        hparams_file: A ``.yaml`` or ``.csv`` file to take the hyper-parameters from instead.
        weights_only: False trusts the file.
        given: Arguments of the class that replace what the file holds.
        build: Made with the class, its arguments and the checkpoint.
    """
    state = read(source, weights_only, map_location or _where_it_was)
    key = cls.CHECKPOINT_HYPER_PARAMS_KEY
    if hparams_file is not None:
        state[key] = from_file(hparams_file)
    state[key] = {**(state.get(key) or {}), **given}
    return build(cls, _class_arguments(cls, state, given, source), state)


def _where_it_was(storage: Any, location: str) -> Any:
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    for kind, is_there in there.items():
        if location.startswith(kind) and not is_there:
            return storage.cpu()
    return storage.cpu() if location.startswith("xla") else None


def _class_arguments(cls: Any, state: dict[str, Any], given: dict[str, Any], source: Source) -> dict[str, Any]:
    """What the class is called with."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    named = {one.name: one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}
    key = cls.CHECKPOINT_HYPER_PARAMS_KEY
    held: dict[str, Any] = {}
    for past in PAST_KEYS if issubclass(cls, torch.nn.Module) else ():
        held.update(state.get(past) or {})
    held.update({name: restored(value, f"{key}.{name}", state.get(AS, {})) for name, value in state[key].items()})
    held = {name: _as_it_was(value) for name, value in held.items()}
    if (whole := str(state.get(cls.CHECKPOINT_HYPER_PARAMS_NAME))) in named:
        held = {whole: AttributeDict(held)}
    arguments = {**held, **given}
    _check_instantiator(cls, arguments)
    if "_class_path" not in arguments and not any(one.kind is one.VAR_KEYWORD for one in parameters):
        arguments = {name: value for name, value in arguments.items() if name in named or name == "_instantiator"}
    left_out = {
        path.split(".")[1]: kind for path, kind in state.get(LEFT_OUT, {}).items() if path.startswith(f"{key}.")
    }
    _check_left_out(cls, {name: left_out[name] for name in left_out if name not in given}, named, source)
    return arguments


def _as_it_was(value: Any) -> Any:
    """Lightning's dictionaries with attributes are read as ordered ones; ours takes their place."""
    if type(value) is OrderedDict:
        return AttributeDict({key: _as_it_was(entry) for key, entry in value.items()})
    return value


def _check_instantiator(cls: type, arguments: dict[str, Any]) -> None:
    """A command line writes who makes the class; nobody but itself is called."""
    said = arguments.get("_instantiator")
    if said is not None and said not in MAKERS:
        raise ValueError(
            f"the checkpoint asks for {said!r} to make {cls.__qualname__}; that would run code it names, and is refused"
        )
    path = str(arguments.get("_class_path", ""))
    module, _, name = path.rpartition(".")
    asked = getattr(sys.modules.get(module), name, None)  # nothing is imported because a file asks for it
    if path and not (isinstance(asked, type) and issubclass(asked, cls)):
        raise ValueError(
            f"the checkpoint asks for {path!r}, which is no subclass of {cls.__qualname__} that was imported; import "
            "its module first, if you trust the file"
        )


def _made(cls: type, arguments: dict[str, Any]) -> Any:
    """An object of the class, through the command line's parser where that wrote the arguments."""
    said = arguments.pop("_instantiator", None)
    if said is None:
        return cls(**arguments)
    return MAKERS[said](cls, arguments)


def _check_left_out(
    cls: type, left_out: Mapping[str, str], named: Mapping[str, inspect.Parameter], source: Source
) -> None:
    needed = {name: kind for name, kind in left_out.items() if name in named and named[name].default is inspect._empty}
    if needed:
        said = ", ".join(f"{name} (a {kind})" for name, kind in needed.items())
        call = ", ".join(f"{name}=..." for name in needed)
        raise LeftOutError(
            f"{source} does not hold {said}: only tensors and plain Python values load without running code. Pass what "
            f"is missing: {cls.__qualname__}.load_from_checkpoint(path, {call})"
        )
    if others := {name: kind for name, kind in left_out.items() if name in named}:
        said = ", ".join(f"{name} (a {kind})" for name, kind in others.items())
        rank_zero_warn(f"{source} does not hold {said}; {cls.__qualname__} is made with what it has by default")


def build_data_module(cls: type, arguments: dict[str, Any], state: dict[str, Any]) -> Any:
    """A data module in the state that the checkpoint holds."""
    made = _made(cls, arguments)
    if type(made).__qualname__ in state:
        made.load_state_dict(state[type(made).__qualname__])
    return made


def build_module(strict: bool | None, source: Source) -> Callable[[type, dict[str, Any], dict[str, Any]], Any]:
    """What makes a module with the weights of a checkpoint.

    Args:
        strict: Refuse names that miss or are too many; None for what the module says of itself.
        source: The file, for messages.
    """

    def build(cls: type, arguments: dict[str, Any], state: dict[str, Any]) -> Any:
        made = _made(cls, arguments)
        own = getattr(made, "_strict_loading", None)
        if own is not None and strict is not None and strict != own:
            raise ValueError(
                f"{cls.__qualname__}.load_from_checkpoint(strict={strict}): the module sets strict_loading={own}; give "
                "both the same value"
            )
        is_strict = made.strict_loading if strict is None else strict
        made.configure_model()
        made.on_load_checkpoint(state)
        if "state_dict" not in state:
            raise CheckpointError(f"{source} has no 'state_dict'; it holds {', '.join(map(repr, state))}")
        found = load_weights(made, state["state_dict"], is_strict, str(source))
        for what, names in (("misses", found.missing_keys), ("has too many", found.unexpected_keys)):
            if names:
                rank_zero_warn(f"{source} {what}: {', '.join(names)}")
        tensors = [tensor for tensor in state["state_dict"].values() if isinstance(tensor, torch.Tensor)]
        if not state["state_dict"]:
            rank_zero_warn(f"{source} holds no weights")
        return made.to(tensors[0].device) if tensors else made

    return build


def from_file(path: Any) -> dict[str, Any]:
    """Hyper-parameters that a logger wrote.

    Args:
        path: A ``.yaml``, ``.yml`` or ``.csv`` file.

    Raises:
        ValueError: It is of another kind.
    """
    kind = str(path).rpartition(".")[2].lower()
    if kind not in ("csv", "yml", "yaml"):
        raise ValueError(f"hparams_file={str(path)!r}: a .yaml, .yml or .csv file is due")
    if not Path(path).exists():
        rank_zero_warn(f"hparams_file: there is no {path}", category=RuntimeWarning)
        return {}
    with Path(path).open(newline="") as file:
        if kind == "csv":
            return {row[0]: _value(row[1]) for row in list(csv.reader(file))[1:]}
        import yaml

        return dict(yaml.full_load(file) or {})


def _value(said: str) -> Any:
    try:
        return ast.literal_eval(said)
    except (ValueError, SyntaxError):
        return said
