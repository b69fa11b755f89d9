"""Migration of checkpoints that older releases of Lightning wrote to the form of today's."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from groundwire import CheckpointError
from groundwire.errors import rank_zero_warn

VERSION_KEY = "pytorch-lightning_version"
LEGACY_VERSION_KEY = "legacy_pytorch-lightning_version"
FORMAT = "2.6.6"
"""The release of Lightning whose files ours are equal to."""

State = dict[str, Any]


def migrated_state(state: State, source: str) -> State:
    """A checkpoint as today's Lightning would have written it.

    Args:
        state: The checkpoint; changed in place.
        source: The file, for messages.

    Raises:
        CheckpointError: Its version cannot be read.
    """
    version = state.get(VERSION_KEY)
    if version is None:  # weights alone, or not Lightning's: code that needs more will say so
        return state
    try:
        written = _version_tuple(str(version))
    except ValueError:
        raise CheckpointError(f"{source}: {VERSION_KEY!r} is {version!r}, which is no version") from None
    if written > _version_tuple(FORMAT):
        rank_zero_warn(f"{source} was written by Lightning {version}, which is newer than {FORMAT}")
        return state
    for release, steps in MIGRATIONS.items():
        if written < _version_tuple(release):
            for step in steps:
                step(state)
    if str(version) != FORMAT:
        state.setdefault(LEGACY_VERSION_KEY, version)
        state[VERSION_KEY] = FORMAT
    return state


def is_of_lightning_1(state: State) -> bool:
    """True for a checkpoint that was brought up to date from a release before 2.0."""
    return LEGACY_VERSION_KEY in state and _version_tuple(str(state[LEGACY_VERSION_KEY])) < (2, 0, 0)


def _version_tuple(version: str) -> tuple[int, int, int]:
    numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)  # what follows, as in 1.6.0rc1, is left out
    if numbers is None:
        raise ValueError(version)
    return int(numbers[1]), int(numbers[2]), int(numbers[3] or 0)


def _name_callback_states(state: State) -> None:
    """Move the values of two callbacks, which until 0.10 stood at the top, into their states."""
    moved = {
        "checkpoint_callback_best_model_score": ("ModelCheckpoint", "best_model_score"),
        "checkpoint_callback_best_model_path": ("ModelCheckpoint", "best_model_path"),
        "checkpoint_callback_best": ("ModelCheckpoint", "best_model_score"),
        "early_stop_callback_wait": ("EarlyStopping", "wait_count"),
        "early_stop_callback_patience": ("EarlyStopping", "patience"),
    }
    states = state["callbacks"] = state.get("callbacks") or {}
    for key, (callback, name) in moved.items():
        if key in state:
            states.setdefault(callback, {})[name] = state.pop(key)


def _name_callbacks(state: State) -> None:
    """Replace the classes that until 1.5 were the keys of callbacks' states by their names."""
    states = state.get("callbacks") or {}
    if any(isinstance(key, type) for key in states):
        state["callbacks"] = {
            key.__qualname__ if isinstance(key, type) else key: entry for key, entry in states.items()
        }


def _add_loops(state: State) -> None:
    """Add the counters of loops: until 1.6 a file held epoch and step alone; counters that a file has stay."""
    loops = state.setdefault("loops", {})
    fit_loop = loops.setdefault("fit_loop", copy.deepcopy(_LOOP_OF_1_6))
    for prefix in ("epoch_loop.batch_loop.optimizer_loop.optim_progress", "epoch_loop.optimizer_loop.optim_progress"):
        if prefix in fit_loop:
            fit_loop[prefix]["optimizer"]["step"]["total"]["completed"] = state["global_step"]
    manual = "epoch_loop.batch_loop.manual_loop.optim_step_progress"
    if manual in fit_loop:
        fit_loop[manual]["total"]["completed"] = state["global_step"]
    fit_loop["epoch_progress"]["current"]["completed"] = state["epoch"]


def _add_stepped(state: State) -> None:
    """Add the number of batches that stepped, which until 1.6.5 was not counted."""
    fit_loop = state.get("loops", {}).get("fit_loop")
    if fit_loop is not None:
        fit_loop.setdefault("epoch_loop.state_dict", {}).setdefault("_batches_that_stepped", state["global_step"])


def _shorten_state_keys(state: State) -> None:
    """Shorten the key of a ModelCheckpoint, which until 1.9 held ``save_on_train_epoch_end``."""
    states = state.get("callbacks") or {}
    short = {
        re.sub(", 'save_on_train_epoch_end': (None|True|False)", "", key)
        if isinstance(key, str) and key.startswith("ModelCheckpoint")
        else key: entry
        for key, entry in states.items()
    }
    if len(short) == len(states):
        state["callbacks"] = short
    else:
        rank_zero_warn(
            "the file has two ModelCheckpoint callbacks with equal keys today; their states are not taken over"
        )


def _drop_apex(state: State) -> None:
    """Drop the state of Apex, which Lightning 2 gave up."""
    if state.pop("amp_scaling_state", None) is not None:
        rank_zero_warn("the file holds a state of Apex, which Lightning 2 gave up; it is not taken over")


def _rename_loops(state: State) -> None:
    """Rename the entries of loops, which until 2.0 were more, one inside the other."""
    loops = state.get("loops")
    if loops is None:
        return
    fit_loop = loops.get("fit_loop", {})
    fit_loop.pop("epoch_loop.batch_loop.state_dict", None)  # it is empty, and would take the place of another
    for key in list(fit_loop):
        name = key.replace("epoch_loop.batch_loop.", "epoch_loop.", 1) if key.count(".") > 1 else key
        name = name.replace("epoch_loop.val_loop.epoch_loop.", "epoch_loop.val_loop.")
        name = name.replace("epoch_loop.optimizer_loop.", "epoch_loop.automatic_optimization.")
        name = name.replace("epoch_loop.manual_loop.", "epoch_loop.manual_optimization.")
        if name != key:
            fit_loop[name] = fit_loop.pop(key)
    progress = fit_loop.get("epoch_loop.automatic_optimization.optim_progress", {})
    progress.pop("optimizer_position", None)
    for name in ("predict_loop", "validate_loop", "test_loop"):
        loop = loops.get(name, {})
        loop.pop("dataloader_progress", None)
        for key in [key for key in loop if key.startswith("epoch_loop.")]:
            loop[key.removeprefix("epoch_loop.")] = loop.pop(key)


def _do_open_batch_again(state: State) -> None:
    """Count a batch that was begun and not completed as not begun: until 2.0 it was done again."""
    batches = state.get("loops", {}).get("fit_loop", {}).get("epoch_loop.batch_progress", {})
    if {"total", "current"} <= batches.keys():
        current, total = batches["current"], batches["total"]
        current.update(dict.fromkeys(("ready", "started", "processed"), current["completed"]))
        total.update(dict.fromkeys(("started", "processed", "completed"), total["ready"]))


MIGRATIONS: dict[str, tuple[Callable[[State], None], ...]] = {
    "0.10.0": (_name_callback_states,),
    "1.5.0": (_name_callbacks,),
    "1.6.0": (_add_loops,),
    "1.6.5": (_add_stepped,),
    "1.9.0": (_shorten_state_keys,),
    "2.0.0": (_drop_apex, _rename_loops, _do_open_batch_again),
}
"""Release to the changes that are made to older files, in order: each expects those before it to be done."""


def _progress(*names: str) -> dict[str, Any]:
    return {"current": dict.fromkeys(names, 0), "total": dict.fromkeys(names, 0)}


_ALL = ("ready", "started", "processed", "completed")
_LOOP_OF_1_6: State = {
    "state_dict": {},
    "epoch_loop.state_dict": {"_batches_that_stepped": 0},  # as Lightning has it: the x-axis begins anew
    "epoch_loop.batch_progress": {**_progress(*_ALL), "is_last_batch": False},
    "epoch_loop.scheduler_progress": _progress("ready", "completed"),
    "epoch_loop.batch_loop.optimizer_loop.optim_progress": {
        "optimizer": {
            "step": _progress("ready", "completed"),
            "zero_grad": _progress("ready", "started", "completed"),
        }
    },
    "epoch_loop.batch_loop.manual_loop.optim_step_progress": _progress("ready", "completed"),
    "epoch_progress": _progress(*_ALL),
}
