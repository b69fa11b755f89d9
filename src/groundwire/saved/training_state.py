"""Training states: all that an exact continuation needs, gathered, read, and given back.

A training state is a checkpoint with more in it: where the run is, every random state, the loss and
the gradients so far, the run history, and the states of callbacks. It is one file in a folder, so
that in a folder there is the old state or the new one, never a part of either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from groundwire.data.order import Place, why_not
from groundwire.data.random_state import random_state, set_random_state
from groundwire.errors import CheckpointError, rank_zero_warn
from groundwire.saved import checkpoint, storage
from groundwire.saved.checkpoint import uncompiled
from groundwire.saved.metric_states import load_metric_states, metric_states
from groundwire.saved.moments import check_moment, check_processes
from groundwire.tracking import LossTracker

if TYPE_CHECKING:
    from groundwire.running import Running

__all__ = [
    "load_parts",
    "load_position",
    "load_training_state",
    "read_training_state",
    "save_training_state",
    "take_up",
]

FILE = "training_state.pt"
KIND = "groundwire training state, 1"
POSITION = ("epoch", "step", "update", "items", "done", "ahead")
"""What the place of a run is, of ``trainer.at``."""


def save_training_state(trainer: Running, folder: str | PathLike[str], extras: dict[str, Any]) -> None:
    """Write the state of this moment.

    Raises:
        CheckpointError: It cannot be continued from this moment, or the folder cannot be written.
    """
    check_processes(trainer)
    check_moment(trainer)
    state = _whole_state(trainer, extras)
    if state["data"] is not None and (reason := state["data"]["reason"]):
        rank_zero_warn(f"a run cannot be resumed from the middle of this epoch: {reason}. {_ELSE}")
    trainer.plan._save_state(state)
    checkpoint.write(_file_in(folder), state, with_folder=True)


def _file_in(folder: str | PathLike[str]) -> str | Path:
    """The path, or the URL, of the file of a state."""
    if storage.is_url(folder):
        return storage.join(folder, FILE)
    return Path(storage.without_file_scheme(folder)) / FILE


def _whole_state(trainer: Running, extras: dict[str, Any]) -> dict[str, Any]:
    """All of a training state, as plain values and tensors."""
    at, history, scaler = trainer.at, trainer.run_history, trainer._accelerator.scaler
    metrics = {name: [_python_number(value) for value in values] for name, values in history.to_dict().items()}
    model = trainer.get_model(keep_torch_compile=False)
    return {
        "kind": KIND,
        **checkpoint.state_of(trainer, save_optimizer=True, save_scheduler=True),
        "scaler_state_dict": None if scaler is None else scaler.state_dict(),
        "position": {name: getattr(at, name) for name in POSITION},
        "data": trainer._data_order.state() if at.ahead == "train" and at.done else None,
        "random": random_state(trainer.device, trainer._data_order.loader),
        "loss_tracker": trainer._loss_tracker.state_dict(),
        "gradients": {name: tensor.grad for name, tensor in _parameters(model) if tensor.grad is not None},
        "frozen": [name for name, tensor in _parameters(model) if not tensor.requires_grad],
        "in_eval_mode": [uncompiled(name) for name, module in model.named_modules() if not module.training],
        "history": {"metrics": metrics, "prefix": history.metric_name_prefix, "epoch": history.current_epoch},
        "metrics": {name: states for name, module in _modules(trainer) if (states := metric_states(module))},
        "within_epoch": trainer._state_within_epoch(),
        "callbacks": {key: state for key, _, callback in _stateful(trainer) if (state := callback.state_dict())},
        "extras": extras,
    }


def read_training_state(folder: str | PathLike[str]) -> dict[str, Any]:
    """Read a state, without running code that it may hold.

    Raises:
        CheckpointError: The folder holds none, or a torn one, or something else.
    """
    path = _file_in(folder)
    if isinstance(path, Path) and not path.is_file():
        what = "is a file" if Path(folder).is_file() else "holds no training state" if Path(folder).is_dir() else ""
        raise CheckpointError(
            f"{folder} {what or 'does not exist'}; the folder that save_training_state wrote, with {FILE} in it, is due"
        )
    state = checkpoint.read(path)
    if state.get("kind") != KIND:
        raise CheckpointError(
            f"{path} is no training state that this version can read: it is marked {state.get('kind')!r}, and "
            f"{KIND!r} is due. It holds {', '.join(map(repr, state))}"
        )
    _check_whole(state, path)
    return {**state, "path": path}


def _check_whole(state: dict[str, Any], path: str | Path) -> None:
    """Refuse a state that lacks an entry, before the first of them is given to anybody.

    Raises:
        CheckpointError: One is missing, or is something else.
    """
    for entry, (kind, names) in _ENTRIES.items():
        if not isinstance(state.get(entry), kind):
            raise CheckpointError(f"{path} is damaged: its entry {entry!r} is {type(state.get(entry)).__name__}")
        if lost := [name for name in names if name not in (state[entry] or names)]:
            raise CheckpointError(f"{path} is damaged: its entry {entry!r} has no {lost[0]!r}")
    for name, value in state["position"].items():
        if not isinstance(value, str if name == "ahead" else (int, type(None), torch.Tensor)):
            raise CheckpointError(f"{path} is damaged: {name!r} of its position is a {type(value).__name__}")


_ENTRIES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "model_state_dict": (dict, ()),
    "scaler_state_dict": ((dict, type(None)), ()),
    "position": (dict, POSITION),
    "data": ((dict, type(None)), ("before", "length", "loader", "reason", "window", "seed")),
    "random": (dict, ("torch", "generators")),
    "loss_tracker": (dict, tuple(LossTracker().state_dict())),
    "gradients": (dict, ()),
    "frozen": (list, ()),
    "in_eval_mode": (list, ()),
    "history": (dict, ("metrics", "prefix", "epoch")),
    "callbacks": (dict, ()),
    "extras": (dict, ()),
}


def load_training_state(trainer: Running, folder: str | PathLike[str]) -> dict[str, Any]:
    """Give back everything but the place in the epoch, and return what the caller of ``save`` added."""
    state = read_training_state(folder)
    load_parts(trainer, state)
    if state["position"]["ahead"] == "count":
        trainer.run_history._increment_epoch()
    load_callbacks(trainer, state)
    load_random_state(trainer, state)  # last, since whatever is loaded before may draw
    return {"current_epoch": state["history"]["epoch"], **state["extras"]}


def load_parts(trainer: Running, state: dict[str, Any]) -> None:
    """Give back what a run is assembled of: weights, optimizer, scheduler, scaler and run history.

    Raises:
        CheckpointError: It is the state of another model or optimizer; the model is as it was.
    """
    check_processes(trainer)
    checkpoint.apply(trainer, state, load_optimizer=True, load_scheduler=True, path=state["path"])
    scaler, history, saved = trainer._accelerator.scaler, trainer.run_history, state["history"]
    if scaler is not None and state["scaler_state_dict"] is not None:
        scaler.load_state_dict(state["scaler_state_dict"])
    history.reset()
    history.set_metric_name_prefix("")  # the names have theirs already
    for name, values in saved["metrics"].items():
        for value in values:
            history.update_metric(name, value)
    history.set_metric_name_prefix(saved["prefix"])
    history._set_epoch(saved["epoch"])
    trainer.plan._load_state(state)


def load_position(trainer: Running, state: dict[str, Any]) -> None:
    """Move the run to where the saved one was.

    Raises:
        CheckpointError: The run was asked to be shorter, or other than it was in the middle of an epoch.
    """
    at, position, config = trainer.at, state["position"], trainer.run_config
    for name in POSITION:
        setattr(at, name, position[name])
    if at.ahead != "epoch" and at.epoch > config.num_epochs:
        raise CheckpointError(
            f"{state['path']} was saved in epoch {at.epoch}, and num_epochs={config.num_epochs} is the total"
        )
    if (place := state["data"]) is None:
        return
    order = trainer._data_order
    if reason := place["reason"] or why_not(trainer._train_dataloader, seeded=order.seed is not None):
        raise CheckpointError(
            f"{state['path']} was saved in the middle of an epoch that cannot be entered there: {reason}. {_ELSE}"
        )
    asked = {
        "gradient_accumulation_steps": ("window", config.gradient_accumulation_steps),
        "seed": ("seed", order.seed),
    }
    for argument, (name, value) in asked.items():
        if place[name] != value:
            raise CheckpointError(
                f"{state['path']} was saved in the middle of an epoch with {argument}={place[name]!r}, and cannot be "
                f"continued with {value!r}. {_ELSE}"
            )


def take_up(trainer: Running, state: dict[str, Any]) -> None:
    """Give back what the start of a run would undo, and put down where the data is entered."""
    load_callbacks(trainer, state)
    model = trainer.get_model(keep_torch_compile=False)
    for name, tensor in _parameters(model):
        tensor.requires_grad_(name not in state["frozen"])
        if name in state["gradients"]:
            tensor.grad = state["gradients"][name].to(tensor.device)
    for name, module in model.named_modules():
        module.training = uncompiled(name) not in state["in_eval_mode"]
    trainer._loss_tracker.load_state_dict(state["loss_tracker"])
    for name, module in _modules(trainer):
        load_metric_states(module, state.get("metrics", {}).get(name, {}))
    trainer._take_up_within_epoch(state.get("within_epoch", {}))
    if (place := state["data"]) is not None:
        trainer._data_order.place = Place(place["before"], place["length"], place["loader"], state["random"])
    load_random_state(trainer, state)  # last, since whatever is loaded before may draw


def load_callbacks(trainer: Running, state: dict[str, Any]) -> None:
    """Give callbacks their states back, by state key and position among those that share it."""
    saved = dict(state["callbacks"])
    for key, older_key, callback in _stateful(trainer):
        if (name := key if key in saved else older_key) in saved:
            try:
                callback.load_state_dict(saved.pop(name))
            except KeyError as error:
                raise CheckpointError(f"{state['path']} is damaged: the state of {name} has no {error}") from error
    if saved:
        rank_zero_warn(f"{state['path']} holds the states of callbacks that this run does not have: {', '.join(saved)}")


def load_random_state(trainer: Running, state: dict[str, Any]) -> None:
    """Put the generators where they were.

    Raises:
        CheckpointError: What the file has of them is none of their states.
    """
    try:
        set_random_state(state["random"], trainer.device, trainer._train_dataloader)
    except (TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise CheckpointError(f"{state['path']} is damaged in its random states: {error}") from error


def _stateful(trainer: Running) -> Iterator[tuple[str, str, Any]]:
    """Callbacks that have a state, each with its key, and with the key that it has in older files.

    A key is the callback's ``state_key``, by default the name of its class, and its position among those that share
    it. The module of the class is no part of it any more: a class that moved lost its state.
    """
    seen: Counter[str] = Counter()
    for callback in trainer.callback_handler:
        kind = type(callback)
        key = str(getattr(callback, "state_key", kind.__qualname__))
        older_key = f"{kind.__module__}.{kind.__qualname__}"
        seen.update((key, older_key))
        if callable(getattr(callback, "state_dict", None)) and callable(getattr(callback, "load_state_dict", None)):
            yield f"{key} {seen[key]}", f"{older_key} {seen[older_key]}", callback


def _modules(trainer: Running) -> Iterator[tuple[str, Any]]:
    """The model, and other modules that are attributes of the Trainer, by their name."""
    model = trainer.get_model(keep_torch_compile=False)
    yield "model", model
    for name, module in list(vars(trainer).items()):
        if isinstance(module, torch.nn.Module) and name != "model":
            yield name, module


def _parameters(model: Any) -> Iterator[tuple[str, Any]]:
    return ((uncompiled(name), parameter) for name, parameter in model.named_parameters())


def _python_number(value: Any) -> Any:
    """A number of NumPy as Python's own, which loads without running code."""
    return value.item() if type(value).__module__ == "numpy" and value.size == 1 else value


_ELSE = "load_training_state takes over everything but the place, to begin an epoch anew"
