"""Registration of the classes of a module, under the name that Lightning code imports."""

from __future__ import annotations

from inspect import getmembers, isclass
from types import ModuleType
from typing import Any

__all__ = ["_register_classes"]


def _register_classes(registry: Any, method: str, module: ModuleType, parent: type) -> None:
    """Call ``method`` with the registry on each subclass of ``parent`` in a module that overrides it."""
    for _, member in getmembers(module, isclass):
        if issubclass(member, parent) and getattr(member, method, None) is not getattr(parent, method, None):
            getattr(member, method)(registry)
