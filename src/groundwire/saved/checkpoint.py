"""Save and load: files that appear whole or not at all, and that load without running code."""

from __future__ import annotations

import copy
import os
import uuid
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import torch

from groundwire.errors import GroundwireError

if TYPE_CHECKING:
    from groundwire.running import Running

__all__ = ["CheckpointError", "read", "write"]


class CheckpointError(GroundwireError):
    """A checkpoint that cannot be written, read, or given to this model."""


def state_of(trainer: Running, save_optimizer: bool, save_scheduler: bool) -> dict[str, Any]:
    """Weights, and the states of optimizer and scheduler where they are asked for."""
    state = {"model_state_dict": weights_of(trainer)}
    if save_optimizer and trainer.optimizer is not None:
        state["optimizer_state_dict"] = trainer.optimizer.state_dict()
    if save_scheduler and trainer.scheduler is not None:
        state["scheduler_state_dict"] = trainer.scheduler.state_dict()
    return state


def with_extras(state: dict[str, Any], extras: Any) -> dict[str, Any]:
    """A state with the entries that a caller adds to it.

    Raises:
        TypeError: They are no dictionary with strings for keys.
        ValueError: One of them has the name of an entry of the state.
    """
    if extras is None:
        return state
    if not isinstance(extras, Mapping) or not all(isinstance(name, str) for name in extras):
        raise TypeError(f"checkpoint_kwargs: a dictionary of further entries is due, got {extras!r}")
    if taken := [name for name in extras if name in state]:
        raise ValueError(f"checkpoint_kwargs: {taken[0]!r} is an entry that the checkpoint has already; choose another")
    return {**state, **extras}


def weights_of(trainer: Running) -> dict[str, Any]:
    """The weights of the model, under the names that they have without ``torch.compile``."""
    weights: dict[str, Any] = trainer.get_model(keep_torch_compile=False).state_dict()
    if not any(_COMPILED in name for name in weights):
        return weights
    return {uncompiled(name): weight for name, weight in weights.items()}


def uncompiled(name: str) -> str:
    """A name without what ``torch.compile`` puts into those of the modules it wraps."""
    return name.replace(_COMPILED, "")


_COMPILED = "_orig_mod."


def apply(trainer: Running, state: dict[str, Any], load_optimizer: bool, load_scheduler: bool, path: Any) -> None:
    """Give the states of a checkpoint to model, optimizer and scheduler.

    Raises:
        CheckpointError: It is not one of this Trainer's model.
    """
    if "model_state_dict" not in state:
        raise CheckpointError(f"{path} has no 'model_state_dict'; it holds {', '.join(map(repr, state)) or 'nothing'}")
    if load_optimizer and "optimizer_state_dict" in state and trainer.optimizer is not None:
        _check_optimizer(trainer.optimizer, state["optimizer_state_dict"], path)
    _load_weights(trainer.get_model(keep_torch_compile=False), state["model_state_dict"], path)
    if load_optimizer and "optimizer_state_dict" in state and trainer.optimizer is not None:
        trainer.optimizer.load_state_dict(state["optimizer_state_dict"])
    if load_scheduler and "scheduler_state_dict" in state and trainer.scheduler is not None:
        trainer.scheduler.load_state_dict(state["scheduler_state_dict"])


def _load_weights(model: Any, weights: dict[str, Any], path: Any) -> None:
    own = model.state_dict()
    if own.keys() != weights.keys():
        names = {uncompiled(name): name for name in own}
        weights = {names.get(uncompiled(name), name): weight for name, weight in weights.items()}
    fits = own.keys() == weights.keys() and all(
        getattr(own[name], "shape", None) == getattr(weights[name], "shape", None) for name in own
    )
    before = None if fits else copy.deepcopy(own)  # loading overwrites what does fit before it refuses the rest
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        if before is not None:
            model.load_state_dict(before)
        raise CheckpointError(
            f"{path} holds the weights of another model than {type(model).__name__}: {error}"
        ) from error


def _check_optimizer(optimizer: Any, state: dict[str, Any], path: Any) -> None:
    saved, own = state.get("param_groups"), getattr(optimizer, "param_groups", None)
    if saved is None or own is None:
        return
    sizes = [[len(group["params"]) for group in groups] for groups in (saved, own)]
    if sizes[0] != sizes[1]:
        raise CheckpointError(
            f"{path} holds the state of an optimizer whose groups have {sizes[0]} parameters; those of this "
            f"{type(optimizer).__name__} have {sizes[1]}"
        )


def write(path: str | PathLike[str], state: dict[str, Any]) -> None:
    """Write ``state`` so that at ``path`` there is the old file or the new one, never a part of it.

    Raises:
        CheckpointError: The state holds what could not be loaded again, or the path cannot be
            written; the file that was there stays.
    """
    target = Path(path)
    part = target.parent / f".{target.name}.{uuid.uuid4().hex}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("xb") as file:
                _save(state, file, target)
                file.flush()
                os.fsync(file.fileno())
            _check_loadable(part, target)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)
    except OSError as error:
        raise CheckpointError(f"{target} cannot be written: {error}") from error


def _save(state: dict[str, Any], file: IO[bytes], target: Path) -> None:
    try:
        torch.save(state, file)
    except OSError:
        raise
    except Exception as error:
        raise CheckpointError(f"{target} is not written: {error}") from error


def read(path: str | PathLike[str]) -> dict[str, Any]:
    """Read a checkpoint, onto the CPU and without running code that it may hold.

    Raises:
        CheckpointError: There is no such file, it is torn, or it is something else.
    """
    if not Path(path).is_file():
        what = ", which is a folder" if Path(path).is_dir() else ""
        raise CheckpointError(f"there is no checkpoint at {path}{what}")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(
            f"{path} is not a whole checkpoint, or holds more than tensors and plain values: {error}"
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds a {type(state).__name__}, not the dictionary that a checkpoint is")
    return state


def _check_loadable(part: Path, target: Path) -> None:
    try:
        torch.load(part, map_location="meta", weights_only=True, mmap=True)
    except Exception as error:
        raise CheckpointError(
            f"{target} is not written: it would hold more than tensors and plain Python values, and could not be "
            f"loaded safely: {error}"
        ) from error


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
