"""A checkpoint in another form: what stands where in each, so that the way back gives what there was.

Between Lightning's files and those of the native Trainer weights, one optimizer and one scheduler change places;
all else travels in one entry, ``lightning`` or ``groundwire``, which keeps the order of entries too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from groundwire.errors import CheckpointError
from groundwire.saved import checkpoint
from groundwire_lightning.checkpoints.migration import FORMAT, VERSION_KEY
from groundwire_tools.ckpt.contents import (
    LIGHTNING,
    NATIVE,
    SAFETENSORS,
    STATE_DICT,
    TRAINING_STATES,
    Contents,
    up_to_date,
)
from groundwire_tools.ckpt.foreign import Fit
from groundwire_tools.ckpt.printable import joined
from groundwire_tools.ckpt.tensor_files import write_tensors

__all__ = ["Wishes", "convert"]

State = dict[str, Any]
_LISTS = (("optimizer_states", "optimizer_state_dict"), ("lr_schedulers", "scheduler_state_dict"))
"""Lists in a file of Lightning, and what the native Trainer has one of."""
_OF_NATIVE = ("model_state_dict", "optimizer_state_dict", "scheduler_state_dict")


@dataclass(frozen=True)
class Wishes:
    """How a file is to be converted.

    Attributes:
        form: That of the new file.
        which: ``averaged``, ``raw``, or None where nothing was said.
        strip_prefix: What names of weights lose at their beginning.
        add_prefix: What they then get.
        drop_foreign: Leave out what the new file cannot hold.
    """

    form: str
    which: str | None = None
    strip_prefix: str = ""
    add_prefix: str = ""
    drop_foreign: bool = False


def convert(contents: Contents, target: Path, wishes: Wishes) -> list[str]:
    """Write a checkpoint in another form; the file appears whole or not at all.

    Args:
        contents: The checkpoint.
        target: The new file.
        wishes: Its form, and what is asked for besides.

    Returns:
        What its owner should know, a line each.

    Raises:
        CheckpointError: It cannot be converted so, or not be written.
    """
    current = up_to_date(contents)
    notes = []
    if not _keeps_both(current, wishes):
        notes = [f"left out: the {name} weights" for name in current.both if name != wishes.which]
        current = current.settled(wishes.which)
        current = current.with_weights(_renamed(current.weights, wishes, contents.path))
    fit = Fit(wishes.form)
    state = fit.without_unfit(_FORMS[wishes.form](current))
    if fit.unfit and not wishes.drop_foreign:
        names = "\n".join(f"  {path}: {name}" for path, name in fit.unfit.items())
        raise CheckpointError(
            f"{contents.path} has what a file for {wishes.form} cannot hold; --drop-foreign leaves it out:\n{names}"
        )
    if wishes.form in (STATE_DICT, SAFETENSORS) and not any(map(_is_tensor, state.values())):
        raise CheckpointError(f"{contents.path} has no weights")
    if wishes.form == SAFETENSORS:
        write_tensors(target, state)
    else:
        checkpoint.write(target, state, plain=wishes.form != LIGHTNING)
    notes += [f"left out: {path}, which is {name}" for path, name in fit.unfit.items()]
    return notes + _left_out(current, wishes)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _keeps_both(contents: Contents, wishes: Wishes) -> bool:
    """True for averaged and raw weights that stay as they are, in a file that has a place for both."""
    is_same = contents.form == wishes.form or (contents.form == TRAINING_STATES and wishes.form != LIGHTNING)
    asks = wishes.which or wishes.strip_prefix or wishes.add_prefix
    return bool(contents.both) and not asks and is_same and wishes.form not in (STATE_DICT, SAFETENSORS)


def _left_out(contents: Contents, wishes: Wishes) -> list[str]:
    if wishes.form not in (STATE_DICT, SAFETENSORS) or contents.weights is contents.state:
        return []
    rest = [joined([key]) for key, value in contents.state.items() if value is not contents.weights]
    return [f"left out: {', '.join(rest)}, since such a file holds weights alone"] if rest else []


def _renamed(weights: State, wishes: Wishes, source: Path) -> State:
    """Weights under the names that are asked for; what ``state_dict`` notes of its modules goes with them."""
    strip, add = wishes.strip_prefix, wishes.add_prefix
    if not strip and not add:
        return weights
    if strip and not any(name.startswith(strip) for name in weights):
        begins = sorted({name.partition(".")[0] + "." for name in weights})
        raise CheckpointError(f"no name of a weight in {source} begins with {strip!r}; they begin with {begins[:8]}")
    renamed = OrderedDict((add + name.removeprefix(strip), value) for name, value in weights.items())
    if len(renamed) != len(weights):
        raise CheckpointError(f"without {strip!r} two weights of {source} would have one name")
    if isinstance(modules := getattr(weights, "_metadata", None), dict):
        names = {name: f"{add}{f'{name}.'.removeprefix(strip) if name or not strip else ''}" for name in modules}
        renamed._metadata = {names[name].rstrip("."): modules[name] for name in modules}  # type: ignore[attr-defined]
    return renamed


def _as_lightning(contents: Contents) -> State:
    if contents.form == LIGHTNING:
        return contents.state
    if contents.form in (STATE_DICT, SAFETENSORS):
        return _NEW_OF_LIGHTNING | {"state_dict": contents.weights}
    entries, rest = _apart(contents.state, LIGHTNING)
    lists = {key: [entries[name]] for key, name in _LISTS if name in entries}
    if lists and not rest:  # a run goes on from both or from none
        lists = {key: [] for key, _ in _LISTS} | lists
    new = (rest or _NEW_OF_LIGHTNING) | lists | {"state_dict": contents.weights}
    others = {key: value for key, value in entries.items() if key not in _OF_NATIVE}
    return new | ({"groundwire": others} if others else {})


def _as_native(contents: Contents) -> State:
    if contents.form == LIGHTNING:
        return _native_of_lightning(contents)
    return {"model_state_dict": contents.weights} if contents.weights is contents.state else contents.state


def _native_of_lightning(contents: Contents) -> State:
    entries, others = _apart(contents.state, "groundwire")
    parts = {"model_state_dict": contents.weights}
    for key, name in _LISTS:
        if isinstance(several := entries.get(key), list) and len(several) == 1:
            parts[name] = several[0]
    moved = {"state_dict", *(key for key, name in _LISTS if name in parts)}
    rest = {key: None if key in moved else value for key, value in entries.items()}
    is_new = _is_new({key: rest[key] for key in rest.keys() - moved})
    return parts | others | ({} if is_new else {LIGHTNING: rest})


def _apart(state: State, guest: str) -> tuple[State, State]:
    """The entries of a state, and those that came from the other form and travel in one of its own."""
    if not isinstance(state.get(guest), dict):
        return state, {}
    return {key: value for key, value in state.items() if key != guest}, state[guest]


def _is_new(rest: State) -> bool:
    """True for what a conversion to Lightning's form adds, which says nothing of a run."""
    new = _NEW_OF_LIGHTNING | {key: [] for key, _ in _LISTS}
    return rest.keys() >= _NEW_OF_LIGHTNING.keys() - {"state_dict"} and all(
        key in new and type(value) is type(new[key]) and value == new[key] for key, value in rest.items()
    )


_NEW_OF_LIGHTNING: State = {"epoch": 0, "global_step": 0, VERSION_KEY: FORMAT, "state_dict": None}
_FORMS: dict[str, Callable[[Contents], State]] = {
    LIGHTNING: _as_lightning,
    NATIVE: _as_native,
    "pytorch-accelerated": _as_native,
    STATE_DICT: lambda contents: contents.weights,
    SAFETENSORS: lambda contents: contents.weights,
}
"""What the new file holds, by its form."""
