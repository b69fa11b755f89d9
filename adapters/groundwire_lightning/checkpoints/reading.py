"""Reading of checkpoint files: the names that a file may hold, and the refusal of all others before anything runs."""

from __future__ import annotations

import io
import pickle
import types
from os import PathLike
from pathlib import Path
from typing import IO, Any

import torch

from groundwire import CheckpointError, did_you_mean
from groundwire.saved import archive, storage
from groundwire.saved.stand_ins import stand_ins
from groundwire.saved.unpickling import BrokenFileError, HostileFileError, Known, first_line
from groundwire_lightning.checkpoints.files import place
from groundwire_lightning.checkpoints.migration import migrated_state
from groundwire_lightning.paths import home_of_name, spellings
from groundwire_lightning.utilities.parsing import AttributeDict

Source = str | PathLike[str] | IO[bytes]


class NoCheckpointError(CheckpointError, FileNotFoundError):
    """There is no such file."""


class UnsafeCheckpointError(CheckpointError, pickle.UnpicklingError):
    """A file, or a value in it, that cannot be had without running code that the file names."""


class ForeignCheckpointError(CheckpointError, RuntimeError):
    """Weights of another module."""


class OtherOptimizerError(CheckpointError, ValueError):
    """The state of another optimizer."""


class PartialCheckpointError(CheckpointError, KeyError):
    """A file that lacks what a run goes on from."""

    def __str__(self) -> str:
        return Exception.__str__(self)


_ATTRIBUTE_DICTS = (
    "groundwire_lightning.utilities.parsing.AttributeDict",
    *spellings("lightning.fabric.utilities.data.AttributeDict"),
    *spellings("lightning.pytorch.utilities.parsing.AttributeDict"),
)
LEGACY_CALLBACKS = (
    *spellings("lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint"),
    *spellings("lightning.pytorch.callbacks.early_stopping.EarlyStopping"),
)
"""Classes that releases before 1.5 used as keys of the states of callbacks; they are keys, and never called."""


def allowed_names() -> dict[str, Known]:
    """The names that a file may hold besides those of tensors and plain values: name to the value it stands for."""
    ours = Known(AttributeDict, new=AttributeDict, fill=_ignore)
    return {
        **dict.fromkeys(_ATTRIBUTE_DICTS, ours),
        **{name: Known(_legacy(name)) for name in LEGACY_CALLBACKS},
        **_of_numpy(),
    }


def _ignore(filled: Any, state: Any) -> None:
    """Ignore the state of an ``AttributeDict``: its entries are all there is to it."""


def _legacy(path: str) -> Any:
    import importlib

    module, _, name = str(home_of_name(path)).rpartition(".")
    return getattr(importlib.import_module(module), name)


def _of_numpy() -> dict[str, Known]:
    import numpy as np

    rooms = ("numpy.core", "numpy._core")  # before and since numpy 2

    def dtype(name: str, *_: Any) -> Any:
        return np.dtype(str(name), copy=True)  # a copy, since fill() would change the one that all of numpy uses

    def scalar(kind: Any, data: bytes) -> Any:
        return np.frombuffer(data, kind, 1)[0]

    def empty(*_: Any) -> Any:
        return np.empty(0)

    def fill(array: Any, state: Any) -> None:
        array.__setstate__(state)

    return {
        "numpy.dtype": Known(np.dtype, dtype, fill=fill),
        **{
            f"numpy.dtypes.{kind.__name__}": Known(kind, fill=fill)
            for kind in map(type, map(np.dtype, np.typecodes["All"]))
        },
        "numpy.ndarray": Known(np.ndarray, fill=fill),
        **{f"{room}.multiarray.scalar": Known(scalar, scalar) for room in rooms},
        **{f"{room}.multiarray._reconstruct": Known(empty, empty) for room in rooms},
    }


def read(source: Source, weights_only: bool | None = None, map_location: Any = "cpu") -> dict[str, Any]:
    """Read a checkpoint, and bring it up to date where an older Lightning wrote it.

    Args:
        source: A path, a URL, or an open file.
        weights_only: False trusts the file and runs what it names. Otherwise what it names besides tensors,
            plain values and what :func:`allowed_names` lists becomes a :class:`groundwire.saved.stand_ins.StandIn`.
        map_location: The device of its tensors.

    Raises:
        NoCheckpointError: There is no such file.
        UnsafeCheckpointError: It names a function of the system and calls it.
        CheckpointError: It is torn, or no checkpoint.
    """
    name = str(place(source)) if isinstance(source, (str, PathLike)) else "the file"
    state = _loaded(_readable(source), name, weights_only, map_location)
    if not isinstance(state, dict):
        raise CheckpointError(f"{name} holds a {type(state).__name__}, not the dictionary that a checkpoint is")
    return migrated_state(state, name)


def _readable(source: Source) -> Source:
    """A file of this machine as its path, one of another in memory.

    Raises:
        NoCheckpointError: There is none.
    """
    if not isinstance(source, (str, PathLike)):
        return source
    path = place(source)
    if isinstance(path, str):
        try:
            return io.BytesIO(storage.read_bytes(path))
        except FileNotFoundError as error:
            raise NoCheckpointError(f"there is no checkpoint at {path}") from error
    if not path.is_file():
        raise NoCheckpointError(f"there is no checkpoint at {path}{_beside(path)}")
    return path


def _loaded(source: Source, name: str, weights_only: bool | None, map_location: Any) -> Any:
    try:
        if weights_only is not False:
            return archive.load(source, map_location, allowed_names())
        archive.check(source)  # a torn file has a better message here than in torch.load
    except HostileFileError as error:
        raise UnsafeCheckpointError(
            f"{name} is not loaded: it names {error.name} and calls it, which no training writes. If "
            "you trust who wrote it all the same, pass weights_only=False, which runs what it names"
        ) from error
    except BrokenFileError as error:
        raise CheckpointError(f"{name} is not a whole checkpoint: {error}") from error
    except RuntimeError as error:  # there is no such device
        raise CheckpointError(f"{name} cannot be loaded here: {first_line(error)}") from error
    return _trusted(source, name, map_location)


def unsafe_value_error(value: Any, what: str, source: Any) -> UnsafeCheckpointError | None:
    """The error for a value that only code which its file names could make, or None for a value that is whole.

    Args:
        value: The value.
        what: The words for it in the message, such as ``"the state of MyCallback"``.
        source: The file, for the message.
    """
    names = sorted({stand_in.foreign_name for stand_in in stand_ins(value)})
    if not names:
        return None
    return UnsafeCheckpointError(
        f"{what} in {source} needs {', '.join(names)}, and making that runs code which the file names. If you trust "
        "who wrote it, pass weights_only=False"
    )


def _trusted(source: Source, file_name: str, map_location: Any) -> Any:
    of_lightning = (*_ATTRIBUTE_DICTS, *LEGACY_CALLBACKS)
    known = {name: entry.value for name, entry in allowed_names().items() if name in of_lightning}

    class Unpickler(pickle.Unpickler):
        """Finds Lightning's plain classes where Lightning is not installed."""

        def find_class(self, module: str, name: str) -> Any:
            ours = known.get(f"{module}.{name}")
            return super().find_class(module, name) if ours is None else ours

    reader = types.SimpleNamespace(
        Unpickler=Unpickler, load=pickle.load, loads=pickle.loads, __name__="groundwire_lightning.checkpoints.reading"
    )
    try:
        return torch.load(source, map_location=map_location, weights_only=False, pickle_module=reader)
    except MemoryError:
        raise
    except Exception as error:  # any, since code that the file names has run
        raise CheckpointError(f"{file_name} cannot be loaded here: {first_line(error)}") from error


def _beside(path: Path) -> str:
    if not path.parent.is_dir():
        return ", nor the folder"
    near = sorted(neighbour.name for neighbour in path.parent.glob("*.ckpt"))
    return f"; beside it there are {', '.join(near[:8])}" if near else ""


def load_weights(module: torch.nn.Module, weights: dict[str, Any], strict: bool, source: str) -> Any:
    """Give a module its weights.

    Args:
        module: The module.
        weights: Name to tensor.
        strict: Refuse names that are missing and names that are too many.
        source: The file, for messages.

    Returns:
        The return value of ``module.load_state_dict``: mostly the names that are missing and too many.

    Raises:
        ForeignCheckpointError: They are another module's; says which names are missing and which are too many.
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
        f"{name} has the shape {_shape(weights[name])} there and {_shape(tensor)} here"
        for name, tensor in own.items()
        if name in weights and getattr(weights[name], "shape", None) != getattr(tensor, "shape", None)
    ]
    lines += shapes[:10] or ([] if missing or many else [str(error)])
    lines.append("strict=False, or strict_loading = False in the module, loads what fits by name")
    return "\n".join(lines)


def _shape(weight: Any) -> str:
    shape = getattr(weight, "shape", None)
    return f"of a {type(weight).__name__}" if shape is None else str(tuple(shape))
