"""The callbacks and loggers of a run: called by the loop, left out because they only watch, or refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire_tools.eject.facts import Listener, NotPlainError
from groundwire_tools.eject.looking.standing import LEFT_HOOKS, LEFT_OUT, STANDARD, check_hooks, snake

if TYPE_CHECKING:
    from groundwire_lightning.trainer.trainer import Trainer


def brought(table: Any, role: str, player: Any) -> frozenset[str]:
    """The methods of a table's rows that an object brings itself.

    Args:
        table: Lightning's.
        role: What the object is in it.
        player: The object.
    """
    from groundwire import Part

    part = Part(table, role, player)
    return frozenset(row.method for row in table.rows if row.role == role and part.implements(row.method))


def listeners_of(trainer: Trainer, place: str) -> tuple[tuple[Listener, ...], tuple[int, ...], tuple[str, ...]]:
    """The callbacks that the loop calls, the order in which it does, and the names of what it is written without.

    Args:
        trainer: Before its first batch.
        place: Where it is made, for messages.

    Raises:
        NotPlainError: A callback of Lightning's has no plain counterpart.
    """
    from groundwire_lightning.map import LIGHTNING

    asked = trainer._asked["callbacks"]
    written = list(asked) if isinstance(asked, (list, tuple)) else [] if asked is None else [asked]
    names: list[str] = [type(one).__name__ for one in written]
    listeners: list[Listener] = []
    left_out: list[str] = []
    places: dict[int, int] = {}
    for one, name in zip(written, names, strict=True):
        is_own = is_users(type(one))
        if not is_own and name in LEFT_OUT:
            left_out.append(name)
            continue
        if not is_own and name not in STANDARD:
            raise NotPlainError(f"the callback {name} has no plain counterpart ({place})")
        hooks = brought(LIGHTNING, "Callback", one) if is_own else STANDARD[name](one, trainer)
        check_hooks(name, hooks)
        left_out += [f"{name}.{hook}" for hook in sorted(hooks & LEFT_HOOKS)]
        variable = snake(name) + (str(len(listeners)) if names.count(name) > 1 else "")
        places[id(one)] = len(listeners)
        listeners.append(Listener(name, variable, hooks, {} if is_own else dict(vars(one))))
    if not any(_is_checkpoint(one) for one in written) and trainer.checkpoint_callback is not None:
        left_out.append("the default checkpoint")
    left_out += [type(logger).__name__ for logger in trainer.loggers]
    order = tuple(places[id(one)] for one in trainer.callbacks if id(one) in places)
    return tuple(listeners), order, tuple(dict.fromkeys(left_out))


def _is_checkpoint(callback: Any) -> bool:
    from groundwire_lightning.callbacks.of_a_trainer import is_checkpoint

    return bool(is_checkpoint(callback))


def is_users(cls: type) -> bool:
    """True for a class that comes neither with Lightning nor with groundwire."""
    return not cls.__module__.partition(".")[0].startswith(("groundwire", "lightning", "pytorch_lightning"))
