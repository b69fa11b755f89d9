"""The registries of Lightning 1.5 to 1.7, by which its command line found classes; today's finds what is imported."""

from __future__ import annotations

from inspect import getmembers, isclass
from types import ModuleType
from typing import Any


class ClassRegistry(dict[str, type]):
    """Name to class; used as a decorator it takes a class in and gives it back."""

    def __call__(self, cls: type | None = None, key: str | None = None, override: bool = False) -> Any:
        """Take a class in.

        Args:
            cls: The class; without it a decorator is returned.
            key: Its name, by default its own.
            override: Replace another of that name, which else stays.
        """
        if cls is None:
            return lambda late: self(late, key, override)
        name = key or cls.__name__
        if override or name not in self:
            self[name] = cls
        return cls

    def register_classes(self, module: ModuleType, base_cls: type, override: bool = False) -> None:
        """Take in the classes of a module that stem from another.

        Args:
            module: The module.
            base_cls: The class that they stem from.
            override: Replace others of their names.
        """
        for _, cls in getmembers(module, isclass):
            if issubclass(cls, base_cls) and cls is not base_cls:
                self(cls, override=override)

    @property
    def names(self) -> list[str]:
        """The names."""
        return list(self)

    @property
    def classes(self) -> tuple[type, ...]:
        """The classes."""
        return tuple(self.values())


CALLBACK_REGISTRY = ClassRegistry()
DATAMODULE_REGISTRY = ClassRegistry()
LOGGER_REGISTRY = ClassRegistry()
LR_SCHEDULER_REGISTRY = ClassRegistry()
MODEL_REGISTRY = ClassRegistry()
OPTIMIZER_REGISTRY = ClassRegistry()
