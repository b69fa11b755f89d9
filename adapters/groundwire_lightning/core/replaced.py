"""Methods that are replaced while a run is under way: what was assigned is what the run calls from then on.

A plan binds methods once, so that a step looks nothing up. A module of ours tells its trainer of an
assignment as it is made; callbacks, data modules and guests are looked at between steps. A hook of
the very moment under way is called in its old form once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from groundwire_lightning.core.hooks import ModelHooks

METHODS = frozenset(name for name in dir(ModelHooks) if not name.startswith("_"))
"""What a run may have bound of a module."""


class TellsOfMethods:
    """A module that tells its trainer where one of its hooks is replaced, or set back."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in METHODS or name == "automatic_optimization":
            _tell(self)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        if name in METHODS:
            _tell(self)


def _tell(module: Any) -> None:
    trainer = vars(module).get("_trainer")
    if trainer is not None and trainer.lightning_module is module:
        trainer.wire_anew()


class Standing:
    """The hooks that are set on objects themselves, and not on their classes.

    Args:
        players: Who takes part in a run.
        names: Of the hooks that it may have bound.
    """

    def __init__(self, players: Iterable[Any], names: frozenset[str]) -> None:
        self._names = names
        self._spaces = [vars(player) for player in players if hasattr(player, "__dict__")]
        self._bound = self._now()

    def _now(self) -> list[dict[str, Any]]:
        return [{name: space[name] for name in space.keys() & self._names} for space in self._spaces]

    def has_changed(self) -> bool:
        """True where another one is set, or one no longer, than when this was made."""
        return self._now() != self._bound


def noticing(run: Callable[..., Any], guest: Any) -> Callable[..., Any]:
    """A training step of a guest, which cannot tell of a hook that was replaced among the batches.

    Args:
        run: The step.
        guest: The module.
    """
    space = vars(guest)
    seen = len(space)

    def step(trainer: Any, batch: Any, number: int) -> Any:
        nonlocal seen
        if len(space) != seen:
            seen = len(space)
            trainer.notice_replaced()
        return run(trainer, batch, number)

    return step
