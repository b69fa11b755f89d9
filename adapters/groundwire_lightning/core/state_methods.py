"""The state of callbacks and data modules in a checkpoint: each gets its own entry, and no other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from groundwire_lightning.checkpoints.reading import unsafe_value_error

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Saving

STATE_METHODS = frozenset({"state_dict", "load_state_dict", "on_save_checkpoint", "on_load_checkpoint"})
"""Methods of callbacks and data modules that are about their state."""


def with_own_state(trainer: Saving, player: Any, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """The function to call in place of a state method: it narrows a checkpoint to the entry of its owner.

    Callbacks neither save nor load where a file holds weights only.

    Args:
        trainer: The trainer, a Lightning adapter.
        player: The callback or data module.
        name: The method, one of :data:`STATE_METHODS`.
        method: The bound method.

    Returns:
        A function with the arguments that the table of hooks passes; in place of ``state_dict`` it returns key and
        state, or None where no state is asked for.
    """
    is_data = hasattr(player, "train_dataloader")

    def key() -> str:
        return type(player).__qualname__ if is_data else str(player.state_key)

    def state_dict() -> Any:
        return None if trainer._saves_weights_only and not is_data else (key(), method())

    def load_state_dict(checkpoint: dict[str, Any]) -> None:
        states = checkpoint if is_data else checkpoint.get("callbacks", {})
        # releases before 1.5 kept the states of callbacks under the names of their classes
        if state := states.get(key(), {} if is_data else states.get(type(player).__qualname__)):
            if getattr(trainer, "_is_fitting", False) and (
                error := unsafe_value_error(state, f"the state of {key()}", getattr(trainer, "ckpt_path", None))
            ):
                raise error
            method(copy.deepcopy(state))  # a callback may keep and change it, and others read the checkpoint later

    def on_save_checkpoint(*args: Any) -> None:
        if not trainer._saves_weights_only:
            method(*args)

    def on_load_checkpoint(*args: Any) -> None:
        checkpoint = args[-1]  # callbacks are passed trainer and module before it
        if "callbacks" in checkpoint or "state_dict" not in checkpoint:
            method(*args)

    functions: dict[str, Callable[..., Any]] = {
        "state_dict": state_dict,
        "load_state_dict": load_state_dict,
        "on_save_checkpoint": on_save_checkpoint,
        "on_load_checkpoint": on_load_checkpoint,
    }
    return functions[name]


def keep_callback_state(entry: tuple[str, Any] | None, state: dict[str, Any]) -> None:
    """Put the state of a callback into a checkpoint, among those of callbacks.

    Args:
        entry: Its key and its state; None where no state is asked for.
        state: The checkpoint. One with a ``"kind"`` is a training state of groundwire's own, which gathers the states
            of callbacks itself.
    """
    if entry is not None and entry[1] and "kind" not in state:
        state.setdefault("callbacks", {})[entry[0]] = entry[1]


def keep_data_state(entry: tuple[str, Any], state: dict[str, Any]) -> None:
    """Put the state of the data module into a checkpoint, under the name of its class."""
    name, data_state = entry
    if data_state:
        state[name] = data_state
