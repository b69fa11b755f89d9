"""Filling of a registry."""

from __future__ import annotations

from inspect import getmembers, isclass
from types import ModuleType
from typing import Any

__all__ = ["_register_classes"]


def _register_classes(registry: Any, method: str, module: ModuleType, parent: type) -> None:
    """Let each subclass of ``parent`` in a module enter itself, where it overrides ``method``."""
    for _, member in getmembers(module, isclass):
        if issubclass(member, parent) and getattr(member, method, None) is not getattr(parent, method, None):
            getattr(member, method)(registry)
