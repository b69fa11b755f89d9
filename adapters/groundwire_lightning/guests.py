"""Guests: objects of the real Lightning, recognised without importing it, and lent methods that reach our Trainer.

A class of Lightning is looked up in ``sys.modules``: whoever has an object of it has imported it. First stand the
questions whether an object or a class is Lightning's, then what guests are lent for a run and what is taken back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from groundwire.tables.plan import overridden
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.paths import is_ours, is_ours_or_lightnings, spellings

if TYPE_CHECKING:
    from groundwire import HookMap

__all__ = ["is_overridden"]

LIGHTNING_ROOTS = spellings("lightning.pytorch")
"""The packages in which the real Lightning comes; both may be in use in one run."""

PLACES = {
    "LightningModule": spellings("lightning.pytorch.core.module.LightningModule"),
    "LightningDataModule": spellings("lightning.pytorch.core.datamodule.LightningDataModule"),
    "Callback": spellings("lightning.pytorch.callbacks.callback.Callback"),
    "Monitor": (
        *spellings("lightning.pytorch.callbacks.early_stopping.EarlyStopping"),
        *spellings("lightning.pytorch.callbacks.checkpoint.Checkpoint"),
    ),
}
"""Role, as in the table of hooks, to the paths of the classes of Lightning that play it."""

LENT = ("log", "log_dict")
"""Methods of ours that a guest is lent for a run, unless its class overrides them: Lightning's need its own Trainer."""


def real_classes(role: str) -> tuple[type[Any], ...]:
    """The classes of the real Lightning that play a role, as far as they were imported.

    Args:
        role: A key of :data:`PLACES`; any other plays none.
    """
    classes = []
    for place in PLACES.get(role, ()):
        module, _, name = place.rpartition(".")
        cls = getattr(sys.modules.get(module), name, None)
        if isinstance(cls, type) and not is_ours(cls):  # the path may be answered by the finder, with a class of ours
            classes.append(cls)
    return tuple(classes)


def is_a(candidate: object, *names: str) -> bool:
    """True for an object of a class of Lightning's, the real one or ours, or of a subclass of it.

    Args:
        candidate: Any object.
        *names: Names of classes, such as ``"EarlyStopping"``; one of them is enough.
    """
    return any(is_named(cls, *names) for cls in type(candidate).__mro__)


def is_named(cls: type, *names: str) -> bool:
    """True for a class that is Lightning's or ours itself, and has one of these names."""
    return cls.__name__ in names and is_ours_or_lightnings(cls)


def writes_its_own(guest: object, name: str, theirs: tuple[type[Any], ...]) -> bool:
    """True for a guest whose class overrides a method of Lightning's."""
    return getattr(type(guest), name, None) not in [getattr(cls, name) for cls in theirs]


def is_overridden(method_name: str, instance: Any = None, parent: type | None = None) -> bool:
    """True for an object whose class overrides a method of its base class.

    Args:
        method_name: The method.
        instance: The object; None overrides nothing.
        parent: Its base class; by default that of modules, data modules or callbacks.

    Raises:
        ValueError: It is no module, data module or callback, and ``parent`` is None.
    """
    if instance is None:
        return False
    if parent is not None:
        return overridden(instance, method_name, (parent,))
    for ours in (LightningModule, LightningDataModule, Callback):
        bases = (ours, *real_classes(ours.__name__))
        if isinstance(instance, bases):
            return overridden(instance, method_name, bases)
    raise ValueError(f"is_overridden({method_name!r}): {type(instance).__name__} is no class of hooks; pass parent=")


class _MonitorType(type):
    def __instancecheck__(cls, player: object) -> bool:
        return isinstance(player, real_classes("Monitor"))


class RealMonitor(metaclass=_MonitorType):
    """A base for the monitors of the real Lightning, whose ``on_train_epoch_end`` it calls after the module's.

    It has no methods, so that every hook of theirs counts as overridden.
    """


class Bases(Mapping[str, "type | tuple[type, ...]"]):
    """Role to class: ours, and beside it those of the real Lightning, looked up anew each time.

    The real one may be imported later than this mapping is made.

    Args:
        ours: Role to our class.
    """

    def __init__(self, ours: Mapping[str, type]) -> None:
        self.ours = ours

    def __getitem__(self, role: str) -> type | tuple[type, ...]:
        theirs = (RealMonitor,) if role == "Monitor" else real_classes(role)
        return (self.ours[role], *theirs) if theirs else self.ours[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ours)

    def __len__(self) -> int:
        return len(self.ours)


def is_data_module(value: object, hookmap: HookMap) -> bool:
    """True for a data module, ours or Lightning's."""
    return isinstance(value, hookmap.bases["LightningDataModule"])


# what guests are lent for a run, and what is taken back


def attach(module: Any, trainer: object) -> None:
    """Attach a trainer to a module and the Lightning modules inside it, and lend guests the methods of :data:`LENT`.

    Args:
        module: Any module; one that is no Lightning module gets an attribute ``trainer``.
        trainer: The trainer; it stays attached after the run, as in Lightning.
    """
    theirs = real_classes("LightningModule")
    for part in module.modules():
        if isinstance(part, theirs):
            part._trainer = trainer
            _lend(part, theirs)
        elif isinstance(part, LightningModule):
            part._trainer = trainer
    if not isinstance(module, (*theirs, LightningModule)):
        module.trainer = trainer


def _lend(guest: Any, theirs: tuple[type[Any], ...]) -> None:
    for name in LENT:
        if (name not in vars(guest) or _is_lent(guest, name)) and not writes_its_own(guest, name, theirs):
            vars(guest)[name] = getattr(LightningModule, name).__get__(guest)


def _is_lent(guest: Any, name: str) -> bool:
    """True for a bound method of ours, and for one of the guest's own class, which a pickle makes of ours."""
    function = getattr(vars(guest).get(name), "__func__", None)
    return function is not None and function in (getattr(LightningModule, name), getattr(type(guest), name))


def release(module: Any) -> None:
    """Take back the methods that guests were lent; the trainer stays attached."""
    if module is None:
        return
    for member in module.modules():
        for name in LENT:
            if _is_lent(member, name):
                del vars(member)[name]


def lend_logging(callbacks: Iterable[Any], module: Any) -> None:
    """Lend the Lightning callbacks of a run ``log`` and ``log_dict``, which log under the hook that is running.

    Args:
        callbacks: All callbacks; those of groundwire are left as they are.
        module: The module whose methods they are lent.
    """
    known: tuple[type[Any], ...] = (Callback, *real_classes("Callback"))
    for callback in callbacks:
        if isinstance(callback, known):
            vars(callback).update({name: getattr(module, name) for name in LENT if hasattr(module, name)})


def release_logging(callbacks: Iterable[Any], module: Any) -> None:
    """Take back the methods that callbacks were lent."""
    for callback in callbacks:
        space = getattr(callback, "__dict__", {})
        for name in LENT:
            if module is not None and getattr(space.get(name), "__self__", None) is module:
                del space[name]


def hook_namer(module: Any) -> Callable[[str, Callable[..., Any]], Callable[..., Any]] | None:
    """A wrapper of hooks that notes in guests which hook is running; None where no guest asks.

    A guest asks whose class overrides ``log``: Lightning's own ``log``, which it calls, reads ``_current_fx_name``.

    Args:
        module: The module of the run, or None.

    Returns:
        A function of a hook's name and the method to call for it, which returns the wrapped method.
    """
    theirs = real_classes("LightningModule")
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


def method_of(module: Any, name: str) -> Callable[..., Any]:
    """A method of a module, or ours for one that has none: of Lightning 2, or no Lightning module at all.

    Args:
        module: Any module that is attached to a trainer.
        name: A method of :class:`LightningModule`.
    """
    method: Callable[..., Any] = getattr(module, name, None) or partial(getattr(LightningModule, name), module)
    return method


def brings(player: Any, method: str) -> bool:
    """True if a module, of whatever class, or a data module has a method of its own.

    Args:
        player: The module or data module.
        method: Such as ``"val_dataloader"``.
    """
    foreign = real_classes("LightningModule") + real_classes("LightningDataModule")
    return overridden(player, method, (LightningModule, LightningDataModule, *foreign))
