"""Errors and warnings of the adapter, and stand-ins for classes of Lightning that have no counterpart here."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, NoReturn

from groundwire import GroundwireError, listeners


class MisconfigurationException(GroundwireError, ValueError):  # noqa: N818  # Lightning's name, which user code catches
    """Arguments, a module and data that do not go together; Lightning refuses them too.

    ``except`` with the class of that name of the real Lightning catches it as well.
    """

    def __new__(cls, *args: object) -> MisconfigurationException:
        """Make an error of this class and, where the real Lightning was imported, of its class too."""
        own: Any = cls
        error: MisconfigurationException = super().__new__(_as_lightnings(own, _lightnings()), *args)
        return error

    def __reduce__(self) -> tuple[object, ...]:
        # a joined class cannot be imported by its name; the class it was made of can, and joins again
        cls = type(self)
        return cls.__mro__[1] if cls.__dict__.get("_is_joined") else cls, self.args


def _lightnings() -> tuple[type[Exception], ...]:
    places = (sys.modules.get(f"{root}.utilities.exceptions") for root in ("lightning.fabric", "lightning_fabric"))
    classes = (getattr(place, "MisconfigurationException", None) for place in places)
    return tuple(cls for cls in classes if isinstance(cls, type))


@cache
def _as_lightnings(cls: Any, theirs: tuple[type[Exception], ...]) -> Any:
    if not theirs or issubclass(cls, theirs):
        return cls
    body = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__, "_is_joined": True}
    return type(cls.__name__, (cls, *theirs), body)


class NotSupportedYetError(GroundwireError, NotImplementedError):
    """Something of Lightning that has no counterpart here yet; the message says what to do instead."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        listeners.tell_of_lacking("refused", str(self))


class ArgumentError(TypeError, MisconfigurationException):
    """An argument of the wrong type; Lightning raises one of the two base classes, or fails later."""


class NoModuleError(TypeError, MisconfigurationException):
    """A model that is no LightningModule and lacks its methods; a TypeError in Lightning."""


class NoLoaderError(TypeError, MisconfigurationException):
    """A loader that is None, or that cannot be iterated over; a TypeError in Lightning."""


class SIGTERMException(SystemExit):  # Lightning's name
    """A SIGTERM came while ``fit``, ``validate`` or ``test`` ran; uncaught, it ends the process with status 143."""


class PossibleUserWarning(UserWarning):
    """A warning of something that may be intended."""


class LightningDeprecationWarning(DeprecationWarning):
    """A warning of something that a later release of Lightning removes."""


class TunerExit(BaseException):  # it is a signal: a tuner has what it wanted
    """The signal that ends the run of a tuner early, without an error."""


class Missing:
    """The base of classes that have no counterpart here: ``isinstance`` with one is False, and making one is refused.

    Attributes:
        instead: The way to do without it, for the message.
    """

    instead = ""

    def __init__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotSupportedYetError(f"{type(self).__name__} has no counterpart here. Instead: {self.instead}")


def missing_class(name: str, module: str, instead: str, base: type = object) -> Any:
    """A class of Lightning that can be imported and named in ``isinstance``, but not made.

    Args:
        name: Its name.
        module: The module that it is imported from.
        instead: The way to do without it.
        base: A base class for ``issubclass``.
    """
    bases = (Missing,) if base is object else (Missing, base)
    about = f"Not here: making one is refused. Instead: {instead}"
    return type(name, bases, {"__module__": module, "__doc__": about, "instead": instead})


Fabric = missing_class(
    "Fabric", __name__, "accelerate.Accelerator for a loop of your own, or groundwire.Trainer for one you can override"
)
