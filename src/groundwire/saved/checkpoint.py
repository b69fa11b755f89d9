"""Save and load: files that appear whole or not at all, and that load without running code."""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import torch

from groundwire.errors import CheckpointError
from groundwire.saved import archive, storage
from groundwire.saved.stand_ins import stand_ins
from groundwire.saved.unpickling import BrokenFileError, first_line
from groundwire.saved.whole_files import workplace

if TYPE_CHECKING:
    from groundwire.running import Running

__all__ = ["CheckpointError", "load_part", "read", "unchanged_by_failure", "write"]


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
    model, weights = trainer.get_model(keep_torch_compile=False), state["model_state_dict"]
    taking = {
        "optimizer": trainer.optimizer if load_optimizer else None,
        "scheduler": trainer.scheduler if load_scheduler else None,
    }
    named = [(part, f"{name}_state_dict") for name, part in taking.items() if part is not None]
    parts = [(part, key) for part, key in named if key in state]
    with unchanged_by_failure(*(part for part, _ in parts)):
        for part, key in parts:
            load_part(part, state[key], path)
        _load_weights(model, weights, path)  # last: it is undone by itself where it fails


def load_part(part: Any, state: Any, path: Any) -> None:
    """Give an optimizer or a scheduler its state.

    Raises:
        CheckpointError: It is damaged, or that of another one; the part may have taken some of it.
    """
    groups = getattr(part, "param_groups", None)
    before = [set(group) for group in groups or ()]
    try:
        if groups is not None and "param_groups" in state:
            _check_groups(part, state["param_groups"], path)
        part.load_state_dict(state)
        after = [set(group) for group in getattr(part, "param_groups", None) or ()]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise CheckpointError(
            f"{path} holds a state of {type(part).__name__} that is damaged or of another one: "
            f"{type(error).__name__}: {first_line(error)}"
        ) from error
    due = set(getattr(part, "defaults", ()))
    if lost := [name for old, new in zip(before, after, strict=False) for name in sorted(old & due - new)]:
        raise CheckpointError(f"{path} holds a state of {type(part).__name__} without {', '.join(lost)}")


@contextmanager
def unchanged_by_failure(*parts: Any) -> Iterator[None]:
    """Leave optimizers and schedulers as they were where taking their states fails; no tensor is copied."""
    bare = [_without_wrappers(part) for part in parts]
    before = [_references(part) for part in bare]
    try:
        yield
    except Exception:
        for part, (own, groups) in zip(bare, before, strict=True):
            vars(part).clear()
            vars(part).update(own)
            for group, entries in groups:
                group.clear()
                group.update(entries)
        raise


def _without_wrappers(part: Any) -> Any:
    """The optimizer or scheduler in one of Accelerate's."""
    while type(part).__module__.partition(".")[0] == "accelerate":
        part = getattr(part, "scheduler", None) or part.optimizer
    return part


def _references(part: Any) -> tuple[dict[str, Any], list[tuple[dict[str, Any], dict[str, Any]]]]:
    """The attributes of a part, and the entries of its parameter groups, which taking a state replaces in place."""
    own = dict(vars(part))
    return own, [(group, dict(group)) for group in own.get("param_groups", ())]


def _load_weights(model: Any, weights: Any, path: Any) -> None:
    own = model.state_dict()
    if not isinstance(weights, dict) or not all(isinstance(name, str) for name in weights):
        raise CheckpointError(f"{path} holds no weights by their names, but a {type(weights).__name__}")
    if own.keys() != weights.keys():
        names = {uncompiled(name): name for name in own}
        weights = {names.get(uncompiled(name), name): weight for name, weight in weights.items()}
    fits = own.keys() == weights.keys() and all(
        getattr(own[name], "shape", None) == getattr(weights[name], "shape", None) for name in own
    )
    before = None if fits else copy.deepcopy(own)  # loading overwrites what does fit before it refuses the rest
    try:
        model.load_state_dict(weights)
    except (RuntimeError, KeyError, TypeError, AttributeError) as error:
        if before is not None:
            model.load_state_dict(before)
        raise CheckpointError(
            f"{path} holds the weights of another model than {type(model).__name__}: {error}"
        ) from error


def _check_groups(optimizer: Any, saved: Any, path: Any) -> None:
    sizes = [[len(group["params"]) for group in groups] for groups in (saved, optimizer.param_groups)]
    if sizes[0] != sizes[1]:
        raise CheckpointError(
            f"{path} holds the state of an optimizer whose groups have {sizes[0]} parameters; those of this "
            f"{type(optimizer).__name__} have {sizes[1]}"
        )


def write(path: str | PathLike[str], state: dict[str, Any], *, plain: bool = True, with_folder: bool = False) -> None:
    """Write ``state`` so that at ``path`` there is the old file or the new one, never a part of it.

    Args:
        path: The file, or its URL; its folder is made.
        state: What it holds.
        plain: Refuse what could not be loaded without running code that the file names.
        with_folder: The folder of the file, where it is new, appears together with it.

    Raises:
        CheckpointError: The state holds what could not be loaded again, or the path cannot be
            written; the file that was there stays.
    """
    if storage.is_url(path):
        _write_elsewhere(os.fspath(path), state, plain)
        return
    target = Path(storage.without_file_scheme(path))
    appears = target.parent if with_folder and not target.parent.exists() else target
    try:
        appears.parent.mkdir(parents=True, exist_ok=True)
        with workplace(appears) as folder:
            part = folder / target.name
            with part.open("xb") as file:
                _save(state, file, target)
                file.flush()
                os.fsync(file.fileno())
            if plain:
                _check_loadable(part, target)
            _sync_folder(folder)
            (part if appears is target else folder).replace(appears)
            _sync_folder(appears.parent)
    except OSError as error:
        raise CheckpointError(f"{target} cannot be written: {error}") from error


def _write_elsewhere(url: str, state: dict[str, Any], plain: bool) -> None:
    file = io.BytesIO()
    _save(state, file, url)
    if plain:
        _check_loadable(file, url)
    storage.write_bytes(url, file.getvalue())


def _save(state: dict[str, Any], file: IO[bytes], target: Path | str) -> None:
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
    try:
        state = archive.load(_opened(path))
    except (BrokenFileError, RuntimeError, OSError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint: {first_line(error)}") from error
    if foreign := _named_in(state):
        raise CheckpointError(
            f"{path} holds more than tensors and plain values: it names {foreign}, and loading that would run code"
        )
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds a {type(state).__name__}, not the dictionary that a checkpoint is")
    return state


def _opened(path: str | PathLike[str]) -> Path | IO[bytes]:
    """A file of this machine as its path, one of another in memory.

    Raises:
        CheckpointError: There is none.
    """
    if storage.is_url(path):
        try:
            return io.BytesIO(storage.read_bytes(os.fspath(path)))
        except FileNotFoundError as error:
            raise CheckpointError(f"there is no checkpoint at {path}") from error
    local = Path(storage.without_file_scheme(path))
    if not local.is_file():
        what = ", which is a folder" if local.is_dir() else ""
        raise CheckpointError(f"there is no checkpoint at {path}{what}")
    return local


def _check_loadable(part: Path | IO[bytes], target: Path | str) -> None:
    try:
        foreign = _named_in(archive.outline(part))
    except BrokenFileError as error:
        foreign = str(error)
    if foreign:
        raise CheckpointError(
            f"{target} is not written: it would hold more than tensors and plain Python values, and could not be "
            f"loaded safely: {foreign}"
        )


def _named_in(state: Any) -> str:
    return ", ".join(sorted({part.foreign_name for part in stand_ins(state)}))


def _sync_folder(folder: Path) -> None:
    """Let the name of a new file reach the disk as well; its content was synced on its own."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
