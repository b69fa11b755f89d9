"""Old: a name that only Lightning 1 had, which says once what it is called today."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from groundwire_lightning.utilities.checked import tell_of_old

F = TypeVar("F", bound=Callable[..., Any])
_REGISTERED = ("_parameters", "_buffers", "_modules")
_REGISTERING = ("register_parameter", "register_buffer", "add_module", "register_module")


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
        if sys._getframe(1).f_code.co_name in _REGISTERING:
            raise AttributeError(self.name)  # torch asks whether the name is free for a tensor, and it is
        tell_of_old(owner, f"{type(owner).__qualname__}.{self.name}", self.use)
        return self._read(owner)


def old_method(use: str) -> Callable[[F], F]:
    """A decorator of a method that only Lightning 1 had: it says once what to do today.

    Args:
        use: What that is.
    """

    def decorate(method: F) -> F:
        @wraps(method)
        def told(owner: Any, *args: Any, **kwargs: Any) -> Any:
            cls = owner if isinstance(owner, type) else type(owner)
            tell_of_old(owner, f"{cls.__qualname__}.{method.__name__}", use)
            return method(owner, *args, **kwargs)

        told.use = use  # type: ignore[attr-defined]  # read by old_names
        return told  # type: ignore[return-value]  # it takes what the method takes

    return decorate


def old_names(cls: type) -> dict[str, str]:
    """The names of Lightning 1 that a class itself sets, each with what it is called today."""
    uses = {name: getattr(getattr(value, "__func__", value), "use", None) for name, value in vars(cls).items()}
    return {name: use for name, use in uses.items() if isinstance(use, str)}
