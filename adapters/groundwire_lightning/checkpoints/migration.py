"""Checkpoints of older releases of Lightning, brought to the form of today's."""

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
        source: Where it comes from, for messages.

    Raises:
        CheckpointError: It is too old to tell what it holds.
    """
    said = state.get(VERSION_KEY)
    if said is None:  # weights alone, or not Lightning's: whoever needs more will say so
        return state
    version = _number(str(said))
    if version is None:
        raise CheckpointError(f"{source}: {VERSION_KEY!r} is {said!r}, which is no version")
    if version > _number(FORMAT):  # type: ignore[operator]  # FORMAT is one
        rank_zero_warn(f"{source} was written by Lightning {said}, which is newer than {FORMAT}")
        return state
    for before, steps in MIGRATIONS.items():
        if version < _number(before):  # type: ignore[operator]
            for step in steps:
                step(state)
    if str(said) != FORMAT:
        state.setdefault(LEGACY_VERSION_KEY, said)
        state[VERSION_KEY] = FORMAT
    return state


def _number(version: str) -> tuple[int, int, int] | None:
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3] or 0))


def _name_callback_states(state: State) -> None:
    """Until 0.10 the values of the two callbacks stood at the top."""
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
    """Until 1.5 the classes themselves were the keys of the states of callbacks."""
    states = state.get("callbacks") or {}
    if any(isinstance(key, type) for key in states):
        state["callbacks"] = {key.__qualname__ if isinstance(key, type) else key: kept for key, kept in states.items()}


def _add_loops(state: State) -> None:
    """Until 1.6 epoch and step were all that was said of loops; what loops say goes before it."""
    loops = state.setdefault("loops", {})
    fit_loop = loops.setdefault("fit_loop", copy.deepcopy(_LOOP_OF_1_6))
    for prefix in ("epoch_loop.batch_loop.optimizer_loop.optim_progress", "epoch_loop.optimizer_loop.optim_progress"):
        if prefix in fit_loop:
            fit_loop[prefix]["optimizer"]["step"]["total"]["completed"] = state["global_step"]
    for prefix in ("epoch_loop.batch_loop.manual_loop.optim_step_progress",):
        if prefix in fit_loop:
            fit_loop[prefix]["total"]["completed"] = state["global_step"]
    fit_loop["epoch_progress"]["current"]["completed"] = state["epoch"]


def _add_stepped(state: State) -> None:
    """Until 1.6.5 the batches that stepped were not counted."""
    fit_loop = state.get("loops", {}).get("fit_loop")
    if fit_loop is not None:
        fit_loop.setdefault("epoch_loop.state_dict", {}).setdefault("_batches_that_stepped", state["global_step"])


def _shorten_state_keys(state: State) -> None:
    """Until 1.9 the key of a ModelCheckpoint named ``save_on_train_epoch_end``."""
    states = state.get("callbacks") or {}
    short = {
        re.sub(", 'save_on_train_epoch_end': (None|True|False)", "", key)
        if isinstance(key, str) and key.startswith("ModelCheckpoint")
        else key: kept
        for key, kept in states.items()
    }
    if len(short) == len(states):
        state["callbacks"] = short
    else:
        rank_zero_warn("two ModelCheckpoint of the file cannot be told apart today; their states are not taken over")


def _drop_apex(state: State) -> None:
    """Until 2.0 there was Apex."""
    if state.pop("amp_scaling_state", None) is not None:
        rank_zero_warn("the file holds a state of Apex, which Lightning 2 gave up; it is not taken over")


def _rename_loops(state: State) -> None:
    """Until 2.0 there were more loops, one in the other."""
    loops = state.get("loops")
    if loops is None:
        return
    fit_loop = loops.get("fit_loop", {})
    for key in list(fit_loop):
        name = key.replace("epoch_loop.batch_loop.", "epoch_loop.", 1) if key.count(".") > 1 else key
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


MIGRATIONS: dict[str, tuple[Callable[[State], None], ...]] = {
    "0.10.0": (_name_callback_states,),
    "1.5.0": (_name_callbacks,),
    "1.6.0": (_add_loops,),
    "1.6.5": (_add_stepped,),
    "1.9.0": (_shorten_state_keys,),
    "2.0.0": (_drop_apex, _rename_loops),
}
"""A release, and what is done to files that are older."""


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
