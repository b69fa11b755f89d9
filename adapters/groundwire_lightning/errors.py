"""What the adapter refuses with."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, NoReturn

from groundwire import GroundwireError


class MisconfigurationException(GroundwireError, ValueError):  # noqa: N818  # Lightning's name, which user code catches
    """Arguments, a module and data that do not go together; Lightning refuses them too.

    Where somebody imported the real Lightning, ``except`` with its class of that name takes this too.
    """

    def __new__(cls, *args: object) -> MisconfigurationException:
        """An error of this class and of Lightning's, as far as that is there."""
        own: Any = cls
        made: MisconfigurationException = super().__new__(_as_lightnings(own, _lightnings()), *args)
        return made

    def __reduce__(self) -> tuple[object, ...]:
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


class ArgumentError(TypeError, MisconfigurationException):
    """An argument of the wrong kind; Lightning raises one of the two, or fails later."""


class NoModuleError(TypeError, MisconfigurationException):
    """A model that is no LightningModule and has not its methods; a TypeError in Lightning."""


class NoLoaderError(TypeError, MisconfigurationException):
    """What should have given batches is None, or cannot be iterated over; a TypeError in Lightning."""


class SIGTERMException(SystemExit):  # Lightning's name
    """A SIGTERM came while ``fit``, ``validate`` or ``test`` ran; uncaught, it ends the process with status 143."""


class PossibleUserWarning(UserWarning):
    """A warning of something that may be meant."""


class LightningDeprecationWarning(DeprecationWarning):
    """A warning of something that will go."""


class TunerExit(BaseException):  # it is a signal: a tuner has what it wanted
    """The run in which a tuner was asked something does not go on; it ends without an error."""


class Missing:
    """A class that has no counterpart here; ``isinstance`` with it is False, and making one is refused."""

    instead = ""

    def __init__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotSupportedYetError(f"{type(self).__name__} has no counterpart here. Instead: {self.instead}")


def missing(name: str, module: str, instead: str, base: type = object) -> Any:
    """A class that exists to be imported.

    Args:
        name: Its name.
        module: Where it can be imported from.
        instead: What to do instead.
        base: What it is a kind of, for ``issubclass``.
    """
    bases = (Missing,) if base is object else (Missing, base)
    about = f"Not here: making one is refused. Instead: {instead}"
    return type(name, bases, {"__module__": module, "__doc__": about, "instead": instead})


def tell_gaps(module: str, names: dict[str, str], kind: str = "attribute") -> Any:
    """The ``__getattr__`` of a module whose further names are gaps.

    Args:
        module: Its name.
        names: Name to what to do instead.
        kind: Word for what is missing.
    """

    def missing_name(name: str) -> NoReturn:
        if name in names:
            raise AttributeError(f"{module}.{name} has no counterpart here. Instead: {names[name]}")
        raise AttributeError(f"module {module!r} has no {kind} {name!r}")

    return missing_name


Fabric = missing(
    "Fabric", __name__, "accelerate.Accelerator for a loop of your own, or groundwire.Trainer for one you can override"
)
