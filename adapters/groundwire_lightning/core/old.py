"""Old: a name that only Lightning 1 had, which says once what it is called today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from groundwire_lightning.utilities.checked import tell_of_old

_REGISTERED = ("_parameters", "_buffers", "_modules")


class Old:
    """An attribute or a method of an object of Lightning 1; whatever is set on the object takes its place.

    Args:
        use: What it is called today, or what to do instead.
        read: Its value, from the object.
    """

    def __init__(self, use: str, read: Callable[[Any], Any]) -> None:
        self.use = use
        self._read = read

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, owner: Any, cls: type | None = None) -> Any:
        if owner is None:
            return self
        for place in _REGISTERED:  # torch keeps these beside the attributes of a module
            if self.name in vars(owner).get(place, ()):
                return vars(owner)[place][self.name]
        tell_of_old(owner, f"{type(owner).__qualname__}.{self.name}", self.use)
        return self._read(owner)


def old_names(cls: type) -> dict[str, str]:
    """The names of Lightning 1 that objects of a class have, each with what it is called today."""
    return {name: value.use for base in cls.__mro__ for name, value in vars(base).items() if isinstance(value, Old)}
