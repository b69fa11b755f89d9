"""Hooks that are replaced while a run is under way: from then on the run calls the new ones.

A plan binds methods once, before the first step, so that a step looks nothing up; code such as
``model.training_step = other`` would go unnoticed. A module of ours therefore tells its trainer of each such
assignment, while callbacks, data modules and objects of the real Lightning are compared between steps. A hook that is
replaced while it is being called is called in its old form once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from groundwire_lightning.core.hooks import ModelHooks
from groundwire_lightning.core.running import Running

METHODS = frozenset(name for name in dir(ModelHooks) if not name.startswith("_"))
"""The methods of a module that a run may have bound."""


class TellsOfMethods:
    """Makes a module tell its trainer when one of its hooks is replaced, or the replacement deleted."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in METHODS or name == "automatic_optimization":
            _tell(self)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        if name in METHODS:
            _tell(self)


def _tell(module: Any) -> None:
    trainer = vars(module).get("_trainer")  # not there yet while the constructor runs
    if trainer is not None and trainer.lightning_module is module:
        trainer.wire_anew()


class Standing:
    """A record of the hooks that were set on objects themselves, and not on their classes.

    Args:
        players: The objects that take part in a run.
        names: The hooks that the run may have bound.
    """

    def __init__(self, players: Iterable[Any], names: frozenset[str]) -> None:
        self._names = names
        self._spaces = [vars(player) for player in players if hasattr(player, "__dict__")]
        self._bound = self._now()

    def _now(self) -> list[dict[str, Any]]:
        return [{name: space[name] for name in space.keys() & self._names} for space in self._spaces]

    def has_changed(self) -> bool:
        """True where, since the record was made, a hook was set, replaced or deleted."""
        return self._now() != self._bound


def noticing_replaced(run: Callable[..., Any], guest: Any) -> Callable[..., Any]:
    """A training step that notices hooks which a guest's own code replaced during the batches before.

    A guest is a module of the real Lightning: it cannot tell of an assignment itself.

    Args:
        run: The step.
        guest: The module.
    """
    attributes = vars(guest)
    size = len(attributes)

    def step(trainer: Running, batch: Any, number: int) -> Any:
        nonlocal size
        # a hook that is set on the object for the first time is one attribute more; comparing all would slow each step
        if len(attributes) != size:
            size = len(attributes)
            trainer.notice_replaced()
        return run(trainer, batch, number)

    return step
