"""The state of callbacks and data modules in a checkpoint: each is given its own entry, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from groundwire_lightning.checkpoints.reading import refused

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Saving

STATE_METHODS = frozenset({"state_dict", "load_state_dict", "on_save_checkpoint", "on_load_checkpoint"})
"""Methods of callbacks and data modules that are about their state."""


# rows


def told_its_state(trainer: Saving, player: Any, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """What is called in place of a method of a callback or data module that is about its state.

    Callbacks have no part in files of weights only; who is given a state back is given its own.

    Args:
        trainer: The trainer, a Lightning adapter.
        player: The callback or data module.
        name: The method.
        method: The bound method.
    """
    is_data = hasattr(player, "train_dataloader")

    def key() -> str:
        return type(player).__qualname__ if is_data else str(player.state_key)

    def state_dict() -> Any:
        return None if trainer._saves_weights_only and not is_data else (key(), method())

    def load_state_dict(checkpoint: dict[str, Any]) -> None:
        states = checkpoint if is_data else checkpoint.get("callbacks", {})
        if state := states.get(key(), {} if is_data else states.get(type(player).__qualname__)):
            if getattr(trainer, "_is_fitting", False) and (
                error := refused(state, f"the state of {key()}", getattr(trainer, "ckpt_path", None))
            ):
                raise error
            method(_copied(state))

    def on_save_checkpoint(*told: Any) -> None:
        if not trainer._saves_weights_only:
            method(*told)

    def on_load_checkpoint(*told: Any) -> None:
        if "callbacks" in told[-1] or "state_dict" not in told[-1]:
            method(*told)

    made: dict[str, Callable[..., Any]] = {
        "state_dict": state_dict,
        "load_state_dict": load_state_dict,
        "on_save_checkpoint": on_save_checkpoint,
        "on_load_checkpoint": on_load_checkpoint,
    }
    return made[name]


def keep_callback_state(told: tuple[str, Any] | None, state: dict[str, Any]) -> None:
    """Put the state of a callback where a checkpoint has those of callbacks.

    Args:
        told: Its key and its state; None where it is not asked.
        state: The checkpoint; a training state of the core gathers them itself.
    """
    if told is not None and told[1] and "kind" not in state:
        state.setdefault("callbacks", {})[told[0]] = told[1]


def keep_data_state(told: tuple[str, Any], state: dict[str, Any]) -> None:
    """Put the state of the data module under the name of its class."""
    if told[1]:
        state[told[0]] = told[1]


def _copied(state: Any) -> Any:
    from copy import deepcopy

    return deepcopy(state)
