"""The state of callbacks and data modules in a checkpoint: each gets its own entry, and no other."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from groundwire_lightning.checkpoints.reading import unsafe_value_error
from groundwire_lightning.paths import is_ours_or_lightnings

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Saving

STATE_METHODS = frozenset({"state_dict", "load_state_dict", "on_save_checkpoint", "on_load_checkpoint"})
"""Methods of callbacks and data modules that are about their state."""

OWN_STATE = ("callback_state", "checkpointed_state")
"""The argument of ``on_load_checkpoint`` up to Lightning 1.7: the state of the callback, and not a checkpoint."""


def with_own_state(trainer: Saving, player: Any, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """The function to call in place of a state method: it narrows a checkpoint to the entry of its owner.

    Callbacks neither save nor load where a file holds weights only.

    Args:
        trainer: The trainer, a Lightning adapter.
        player: The callback or data module.
        name: The method, one of :data:`STATE_METHODS`.
        method: The bound method.

    Returns:
        A function with the arguments that the table of hooks passes; in place of ``state_dict`` and of a callback's
        ``on_save_checkpoint`` it returns key and state, or None where no state is asked for.
    """
    is_data = hasattr(player, "train_dataloader")
    takes_own = not is_data and _takes_own_state(name, player, method)

    def key() -> str:
        return type(player).__qualname__ if is_data else str(player.state_key)

    def state_dict() -> Any:
        return None if trainer._saves_weights_only and not is_data else (key(), method())

    def load_own(method: Callable[..., Any], checkpoint: dict[str, Any]) -> None:
        states = checkpoint if is_data else checkpoint.get("callbacks", {})
        # releases before 1.5 kept the states of callbacks under the names of their classes
        if state := states.get(key(), {} if is_data else states.get(type(player).__qualname__)):
            if getattr(trainer, "_is_fitting", False) and (
                error := unsafe_value_error(state, f"the state of {key()}", getattr(trainer, "ckpt_path", None))
            ):
                raise error
            method(copy.deepcopy(state))  # a callback may keep and change it, and others read the checkpoint later

    def load_state_dict(checkpoint: dict[str, Any]) -> None:
        load_own(method, checkpoint)

    def on_save_checkpoint(*args: Any) -> Any:
        if is_data:
            return method(*args)
        returned = None if trainer._saves_weights_only else method(*args)
        # until 1.7 it was the state of a callback; one with a state_dict is of a later release, which ignores it
        return (key(), returned) if takes_own and not any(returned is one for one in args) else None

    def on_load_checkpoint(*args: Any) -> None:
        checkpoint = args[-1]  # callbacks are passed trainer and module before it
        if takes_own:
            load_own(lambda state: method(*args[:-1], state), checkpoint)
        elif is_data or "callbacks" in checkpoint or "state_dict" not in checkpoint:
            method(*args)

    functions: dict[str, Callable[..., Any]] = {
        "state_dict": state_dict,
        "load_state_dict": load_state_dict,
        "on_save_checkpoint": on_save_checkpoint,
        "on_load_checkpoint": on_load_checkpoint,
    }
    return functions[name]


def _takes_own_state(name: str, player: Any, method: Callable[..., Any]) -> bool:
    """True for a method of a callback that deals with its state alone, as all did until Lightning 1.7."""
    if name == "on_save_checkpoint":
        return not any("state_dict" in vars(cls) for cls in type(player).__mro__ if not is_ours_or_lightnings(cls))
    if name != "on_load_checkpoint":
        return False
    parameters = inspect.signature(method).parameters
    only = next(iter(parameters.values())) if len(parameters) == 1 else None
    is_alone = only is not None and only.kind is not inspect.Parameter.VAR_POSITIONAL
    return is_alone or not parameters.keys().isdisjoint(OWN_STATE)


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
