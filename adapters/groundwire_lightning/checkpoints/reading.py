"""Checkpoint files read: what may stand in one of Lightning's, and what is refused before any of it runs."""

from __future__ import annotations

import argparse
import collections
import datetime
import pathlib
import pickle
import types
from os import PathLike
from pathlib import Path
from typing import IO, Any

import torch

from groundwire import CheckpointError, did_you_mean
from groundwire_lightning.checkpoints.files import local
from groundwire_lightning.checkpoints.migration import migrated

Source = str | PathLike[str] | IO[bytes]


class NoCheckpointError(CheckpointError, FileNotFoundError):
    """There is no such file."""


class UnsafeCheckpointError(CheckpointError, pickle.UnpicklingError):
    """A file that would have to run code of others to be loaded."""


class ForeignCheckpointError(CheckpointError, RuntimeError):
    """Weights of another module."""


class OtherOptimizerError(CheckpointError, ValueError):
    """The state of another optimizer."""


class PartialCheckpointError(CheckpointError, KeyError):
    """A file that lacks what a run goes on from."""

    def __str__(self) -> str:
        return Exception.__str__(self)


_PATHS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path", "PurePath")
_PLAIN_CLASSES = {
    "argparse.Namespace": argparse.Namespace,
    "datetime.timedelta": datetime.timedelta,
    "datetime.datetime": datetime.datetime,
    "datetime.date": datetime.date,
    "types.SimpleNamespace": types.SimpleNamespace,
    **{f"{room}.{name}": getattr(pathlib, name if name[0:7] != "Windows" and name[:4] != "Posi" else "Path")
       for room in ("pathlib", "pathlib._local") for name in _PATHS},
    **{f"builtins.{kind.__name__}": kind for kind in (frozenset, list, dict, set, tuple, int, float, str, bool, range,
                                                      slice, complex)},
}  # fmt: skip
_ROOMS = ("lightning.pytorch", "pytorch_lightning")
_ATTRIBUTE_DICTS = (
    "lightning.fabric.utilities.data.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    *(f"{room}.utilities.parsing.AttributeDict" for room in _ROOMS),
)
LEGACY_CALLBACKS = {
    f"{room}.callbacks.{module}.{name}": (module, name)
    for room in _ROOMS
    for module, name in (("model_checkpoint", "ModelCheckpoint"), ("early_stopping", "EarlyStopping"))
}
"""Classes that releases before 1.5 used as keys of the states of callbacks."""


def allowed() -> dict[str, Any]:
    """What a file may name besides tensors and plain values: name to what stands for it here."""
    return {
        **_PLAIN_CLASSES,
        **dict.fromkeys(_ATTRIBUTE_DICTS, collections.OrderedDict),  # torch fills no other dictionary
        **{name: _legacy(*place) for name, place in LEGACY_CALLBACKS.items()},
        **_of_numpy(),
    }


def _legacy(module: str, name: str) -> Any:
    import importlib

    return getattr(importlib.import_module(f"groundwire_lightning.callbacks.{module}"), name)


def _of_numpy() -> dict[str, Any]:
    import numpy as np

    core = getattr(np, "_core", None) or np.core
    kinds = {f"numpy.dtypes.{kind}": found for kind, found in vars(np.dtypes).items() if isinstance(found, type)}
    return {
        **kinds,
        "numpy.dtype": np.dtype,
        "numpy.ndarray": np.ndarray,
        **{f"{room}.multiarray.{name}": getattr(core.multiarray, name)
           for room in ("numpy.core", "numpy._core") for name in ("scalar", "_reconstruct")},
    }  # fmt: skip


class Defaults:
    """Stands for ``collections.defaultdict`` while a file is read, since torch fills no such dictionary.

    Attributes:
        made: The dictionaries that stand for one, by identity, each with what makes its missing values.
    """

    def __init__(self) -> None:
        self.made: dict[int, tuple[dict[Any, Any], Any]] = {}

    def __call__(self, factory: Any = None) -> dict[Any, Any]:
        """A dictionary in place of one with a default."""
        entries: dict[Any, Any] = collections.OrderedDict()
        self.made[id(entries)] = entries, factory
        return entries

    def put_into(self, value: Any) -> Any:
        """A value that was read, with dictionaries that have a default where they belong."""
        if isinstance(value, dict):
            value.update({key: self.put_into(entry) for key, entry in value.items()})
            return collections.defaultdict(self.made[id(value)][1], value) if id(value) in self.made else value
        if type(value) is list:
            value[:] = [self.put_into(entry) for entry in value]
        return tuple(self.put_into(entry) for entry in value) if type(value) is tuple else value


def read(source: Source, weights_only: bool | None = None, map_location: Any = "cpu") -> dict[str, Any]:
    """A checkpoint, brought up to date where an older Lightning wrote it.

    Args:
        source: A path, or an open file.
        weights_only: False trusts the file and runs what it holds. Otherwise it may hold tensors, plain
            values and what :func:`allowed` lists.
        map_location: Where tensors go.

    Raises:
        NoCheckpointError: There is no such file.
        UnsafeCheckpointError: It holds something else.
        CheckpointError: It is torn, or no checkpoint.
    """
    if isinstance(source, (str, PathLike)):
        path = local(source)
        if not path.is_file():
            raise NoCheckpointError(f"there is no checkpoint at {path}{_beside(path)}")
        source = path
    state = _loaded(source, weights_only, map_location)
    if not isinstance(state, dict):
        raise CheckpointError(
            f"{_source_name(source)} holds a {type(state).__name__}, not the dictionary that a checkpoint is"
        )
    return migrated(state, _source_name(source))


def _loaded(source: Source, weights_only: bool | None, map_location: Any) -> Any:
    if weights_only is False:
        return _trusted(source, map_location)
    defaults = Defaults()
    known = {**allowed(), "collections.defaultdict": defaults}
    try:
        with torch.serialization.safe_globals([(there, name) for name, there in known.items()]):
            loaded = torch.load(source, map_location=map_location, weights_only=True)
        return defaults.put_into(loaded) if defaults.made else loaded
    except Exception as error:
        if unsafe := _unsafe(source, known):
            raise UnsafeCheckpointError(
                f"{_source_name(source)} is not loaded: it names {', '.join(unsafe)}, and loading these means running "
                "code that comes with the file. If you trust who wrote it, pass weights_only=False"
            ) from error
        raise CheckpointError(
            f"{_source_name(source)} is not a whole checkpoint: {str(error).splitlines()[0][:200]}"
        ) from error


def _unsafe(source: Source, known: dict[str, Any]) -> list[str]:
    """What a file names that is not allowed."""
    try:
        if not isinstance(source, (str, PathLike)):
            source.seek(0)
        named = torch.serialization.get_unsafe_globals_in_checkpoint(source)
    except Exception:  # noqa: BLE001  # torn, or of a format without a list
        return []
    return sorted(set(named) - set(known))


def _trusted(source: Source, map_location: Any) -> Any:
    known = allowed()

    class Unpickler(pickle.Unpickler):
        """Finds Lightning's plain classes where Lightning is not installed."""

        def find_class(self, module: str, name: str) -> Any:
            there = known.get(f"{module}.{name}")
            return super().find_class(module, name) if there is None else there

    reader = types.SimpleNamespace(
        Unpickler=Unpickler, load=pickle.load, loads=pickle.loads, __name__="groundwire_lightning.checkpoints.reading"
    )
    try:
        return torch.load(source, map_location=map_location, weights_only=False, pickle_module=reader)
    except (ImportError, AttributeError) as error:
        raise CheckpointError(f"{_source_name(source)} cannot be loaded here: {error}") from error
    except (EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{_source_name(source)} is not a whole checkpoint: {error}") from error


def _source_name(source: Source) -> str:
    return str(source) if isinstance(source, (str, PathLike)) else "the file"


def _beside(path: Path) -> str:
    if not path.parent.is_dir():
        return ", nor the folder"
    near = sorted(found.name for found in path.parent.glob("*.ckpt"))
    return f"; beside it there are {', '.join(near[:8])}" if near else ""


def load_weights(module: torch.nn.Module, weights: dict[str, Any], strict: bool, source: str) -> Any:
    """Give a module its weights.

    Args:
        module: The module.
        weights: Name to tensor.
        strict: Refuse names that miss and names that are too many.
        source: Where they come from, for messages.

    Raises:
        ForeignCheckpointError: They are another module's; says which names miss and which are too many.
    """
    try:
        return module.load_state_dict(weights, strict=strict)
    except RuntimeError as error:
        raise ForeignCheckpointError(_explained(module, weights, source, error)) from error


def _explained(module: torch.nn.Module, weights: dict[str, Any], source: str, error: RuntimeError) -> str:
    own = module.state_dict()
    missing, many = [name for name in own if name not in weights], [name for name in weights if name not in own]
    lines = [f"{source} holds the weights of another module than {type(module).__qualname__}"]
    lines += [f"missing in it: {name}.{did_you_mean(name, many)}" for name in missing[:10]]
    lines += [f"too many in it: {name}" for name in many[:10]]
    hidden = max(len(missing) - 10, 0) + max(len(many) - 10, 0)
    lines += [f"and {hidden} more names"] if hidden else []
    shapes = [
        f"{name} has the shape {tuple(weights[name].shape)} there and {tuple(tensor.shape)} here"
        for name, tensor in own.items()
        if name in weights and getattr(weights[name], "shape", None) != getattr(tensor, "shape", None)
    ]
    lines += shapes[:10] or ([] if missing or many else [str(error)])
    lines.append("strict=False, or strict_loading = False in the module, loads what fits by name")
    return "\n".join(lines)
