"""Objects of the real Lightning: recognised without importing it, and lent what reaches our Trainer.

A class of Lightning is looked up in ``sys.modules``: whoever has an object of it has imported it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from groundwire.tables.plan import overridden
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.paths import is_ours, is_ours_or_lightnings, spellings

if TYPE_CHECKING:
    from groundwire import HookMap


__all__ = ["is_overridden"]

ROOTS = spellings("lightning.pytorch")
"""The packages that the real Lightning comes as; both may be in use in one run."""

PLACES = {
    "LightningModule": spellings("lightning.pytorch.core.module.LightningModule"),
    "LightningDataModule": spellings("lightning.pytorch.core.datamodule.LightningDataModule"),
    "Callback": spellings("lightning.pytorch.callbacks.callback.Callback"),
    "Monitor": (
        *spellings("lightning.pytorch.callbacks.early_stopping.EarlyStopping"),
        *spellings("lightning.pytorch.callbacks.checkpoint.Checkpoint"),
    ),
}
"""Role to the classes of Lightning that play it."""

LENT = ("log", "log_dict")
"""Methods of ours that a guest is lent for a run, unless its class has its own."""


def real(role: str) -> tuple[type[Any], ...]:
    """The classes of the real Lightning that play a role, as far as somebody imported them.

    Args:
        role: A key of :data:`PLACES`; any other plays none.
    """
    found = []
    for place in PLACES.get(role, ()):
        module, _, name = place.rpartition(".")
        cls = getattr(sys.modules.get(module), name, None)
        if isinstance(cls, type) and not is_ours(cls):
            found.append(cls)
    return tuple(found)


def is_a(candidate: object, *names: str) -> bool:
    """Tell whether an object is of a class of Lightning's, the real one or ours, or of a subclass of it.

    Args:
        candidate: Any object.
        *names: Names of classes, such as ``"EarlyStopping"``; one of them is enough.
    """
    return any(is_named(cls, *names) for cls in type(candidate).__mro__)


def is_named(cls: type, *names: str) -> bool:
    """Tell whether a class itself is Lightning's or ours, and has one of these names."""
    return cls.__name__ in names and is_ours_or_lightnings(cls)


class _Playing(type):
    def __instancecheck__(cls, player: object) -> bool:
        return isinstance(player, real("Monitor"))


class RealMonitor(metaclass=_Playing):
    """What Lightning tells after the module at the end of an epoch; its methods are its own, not those of a base."""


class Bases(Mapping[str, "type | tuple[type, ...]"]):
    """Role to class: ours, and beside it those of the real Lightning that is in use.

    Args:
        ours: Role to our class.
    """

    def __init__(self, ours: Mapping[str, type]) -> None:
        self.ours = ours

    def __getitem__(self, role: str) -> type | tuple[type, ...]:
        theirs = (RealMonitor,) if role == "Monitor" else real(role)
        return (self.ours[role], *theirs) if theirs else self.ours[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ours)

    def __len__(self) -> int:
        return len(self.ours)


def is_data_module(value: object, hookmap: HookMap) -> bool:
    """True for a data module, ours or Lightning's."""
    return isinstance(value, hookmap.bases["LightningDataModule"])


def attach(module: Any, trainer: object) -> None:
    """Let a module and the Lightning modules inside it know their trainer; guests are lent :data:`LENT`.

    Args:
        module: Any module; one that is no Lightning module gets an attribute ``trainer``.
        trainer: It stays attached after the run.
    """
    theirs = real("LightningModule")
    for part in module.modules():
        if isinstance(part, theirs):
            part._trainer = trainer
            _lend(part, theirs)
        elif isinstance(part, LightningModule):
            part._trainer = trainer
    if not isinstance(module, (*theirs, LightningModule)):
        module.trainer = trainer


def lend_logging(callbacks: Iterable[Any], module: Any) -> None:
    """Let the Lightning callbacks of a run log, under the hook that is running.

    Args:
        callbacks: Native ones are left as they are.
        module: Whose ``log`` and ``log_dict`` they are lent.
    """
    known: tuple[type[Any], ...] = (Callback, *real("Callback"))
    for callback in callbacks:
        if isinstance(callback, known):
            vars(callback).update({name: getattr(module, name) for name in LENT if hasattr(module, name)})


def release_logging(callbacks: Iterable[Any], module: Any) -> None:
    """Take back what callbacks were lent."""
    for callback in callbacks:
        space = getattr(callback, "__dict__", {})
        for name in LENT:
            if module is not None and getattr(space.get(name), "__self__", None) is module:
                del space[name]


def _lend(guest: Any, theirs: tuple[type[Any], ...]) -> None:
    for name in LENT:
        if (name not in vars(guest) or _is_lent(guest, name)) and not writes_its_own(guest, name, theirs):
            vars(guest)[name] = getattr(LightningModule, name).__get__(guest)


def _is_lent(guest: Any, name: str) -> bool:
    """True for a bound method of ours, and for that of its class, which is what a pickle makes of ours."""
    function = getattr(vars(guest).get(name), "__func__", None)
    return function is not None and function in (getattr(LightningModule, name), getattr(type(guest), name))


def writes_its_own(guest: object, name: str, theirs: tuple[type[Any], ...]) -> bool:
    """True where the class of a guest overrides a method of Lightning's."""
    return getattr(type(guest), name, None) not in [getattr(cls, name) for cls in theirs]


def release(module: Any) -> None:
    """Take back what guests were lent; the trainer stays attached."""
    if module is None:
        return
    for member in module.modules():
        for name in LENT:
            if _is_lent(member, name):
                del vars(member)[name]


def naming(module: Any) -> Callable[[str, Callable[..., Any]], Callable[..., Any]] | None:
    """What tells a guest which hook is running, for a class with a ``log`` of its own, which asks; else None.

    Args:
        module: The module of the run.
    """
    theirs = real("LightningModule")
    asking = [
        member
        for member in (module.modules() if module is not None else ())
        if isinstance(member, theirs) and writes_its_own(member, "log", theirs)
    ]
    if not asking:
        return None

    def through(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            outer = [guest._current_fx_name for guest in asking]
            for guest in asking:
                guest._current_fx_name = name
            try:
                return method(*args, **kwargs)
            finally:
                for guest, before in zip(asking, outer, strict=True):
                    guest._current_fx_name = before

        run.__self__ = getattr(method, "__self__", None)  # type: ignore[attr-defined]  # whose method it is, for reports
        return run

    return through


def brings(player: Any, method: str) -> bool:
    """True if a module, of whatever class, or a data module has a method of its own.

    Args:
        player: The module or data module.
        method: Such as ``"val_dataloader"``.
    """
    foreign = real("LightningModule") + real("LightningDataModule")
    return overridden(player, method, (LightningModule, LightningDataModule, *foreign))


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
    for ours in (LightningModule, LightningDataModule, Callback):
        bases = (ours, *real(ours.__name__))
        if isinstance(instance, bases):
            return overridden(instance, method_name, bases)
    raise ValueError(f"is_overridden({method_name!r}): {type(instance).__name__} is no class of hooks; pass parent=")
