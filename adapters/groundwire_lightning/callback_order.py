"""The callbacks of a Trainer in their order, and which of them write checkpoints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from groundwire import Part
from groundwire_lightning.errors import MisconfigurationException


def ordered(callbacks: Iterable[Any], enable_checkpointing: bool | None) -> list[Any]:
    """The callbacks of a Trainer: those that write checkpoints last, one of ours where there is none.

    Args:
        callbacks: The callbacks.
        enable_checkpointing: The argument of the Trainer.

    Raises:
        MisconfigurationException: It is False, and there are some.
        RuntimeError: Two that have a state cannot be told apart.
    """
    listed = list(callbacks)
    writing = [callback for callback in listed if is_checkpoint(callback)]
    if writing and enable_checkpointing is False:
        raise MisconfigurationException(
            f"enable_checkpointing=False, and {type(writing[0]).__name__} is among callbacks=; leave one of them out"
        )
    if not writing and enable_checkpointing is not False:
        from groundwire_lightning.callbacks.model_checkpoint import ModelCheckpoint

        listed.append(ModelCheckpoint())
    check_state_keys(listed)
    return checkpoints_last(listed)


def checkpoints_last(callbacks: Iterable[Any]) -> list[Any]:
    """The same callbacks, those that write checkpoints behind the others, those that make trial runs before them."""
    return sorted(callbacks, key=lambda callback: is_checkpoint(callback) - is_finder(callback))


def check_state_keys(callbacks: Iterable[Any]) -> None:
    """Refuse callbacks whose states could not be told apart in a checkpoint.

    Raises:
        RuntimeError: Two have one state key.
    """
    from groundwire_lightning.map import LIGHTNING

    seen: dict[str, Any] = {}
    for callback in callbacks:
        if not hasattr(callback, "state_key") or not Part(LIGHTNING, "Callback", callback).implements("state_dict"):
            continue
        key = callback.state_key
        if key in seen:
            raise RuntimeError(
                f"two callbacks, {type(seen[key]).__name__} and {type(callback).__name__}, would keep their states "
                f"under one name in a checkpoint: {key!r}. Give their class a state_key that tells them apart, or "
                "use one of them"
            )
        seen[key] = callback


def is_checkpoint(callback: Any) -> bool:
    """True for a callback that writes checkpoints, ours or Lightning's."""
    return _is_named(callback, "Checkpoint")


def is_finder(callback: Any) -> bool:
    """True for a callback that makes trial runs, ours or Lightning's."""
    return _is_named(callback, "BatchSizeFinder") or _is_named(callback, "LearningRateFinder")


def is_early_stopping(callback: Any) -> bool:
    """True for a callback that ends a run early, ours or Lightning's."""
    return _is_named(callback, "EarlyStopping")


def _is_named(callback: Any, name: str) -> bool:
    rooms = ("groundwire_lightning.callbacks", "lightning.pytorch.callbacks", "pytorch_lightning.callbacks")
    return any(cls.__name__ == name and cls.__module__.startswith(rooms) for cls in type(callback).__mro__)
