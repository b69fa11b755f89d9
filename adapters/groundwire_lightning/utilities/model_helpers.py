"""Whether a method is overridden."""

from __future__ import annotations

from typing import Any

from groundwire.plan import overridden
from groundwire_lightning.map import LIGHTNING

__all__ = ["is_overridden"]


def is_overridden(method_name: str, instance: Any = None, parent: type | None = None) -> bool:
    """True if an object has a method of its own, and not that of its base class.

    Args:
        method_name: The method.
        instance: The object; None has nothing.
        parent: Its base class; by default that of modules, data modules or callbacks.

    Raises:
        ValueError: The base class cannot be told.
    """
    if instance is None:
        return False
    if parent is not None:
        return overridden(instance, method_name, (parent,))
    for role in ("LightningModule", "LightningDataModule", "Callback"):
        bases = LIGHTNING.bases[role]
        if isinstance(instance, bases):
            return overridden(instance, method_name, bases if isinstance(bases, tuple) else (bases,))
    raise ValueError(f"is_overridden({method_name!r}): {type(instance).__name__} is no class of hooks; pass parent=")
