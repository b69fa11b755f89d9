"""Casting: who plays which role in a run of a Lightning module, and what methods are called through."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from groundwire import HookMap, Part
from groundwire_lightning import guests
from groundwire_lightning.core.callback import idle_hooks
from groundwire_lightning.core.grad_norms import GradNorms
from groundwire_lightning.core.hooks import STEPS, TRANSFERS
from groundwire_lightning.core.state_methods import STATE_METHODS, with_own_state
from groundwire_lightning.loops.phases import LOADERS, NOT_ENDED, PHASES
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.strategies.processes import prepared_once
from groundwire_lightning.strategies.wrappers import through_wrappers

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered
    from groundwire_lightning.trainer.lightning_1.kept import Kept

    class Casting(Steered, Protocol):
        """A Trainer as those who say who takes part see it."""

        _asks_data: bool
        _kept: Kept
        _table: HookMap

        def _backward_of(self, method: Callable[..., Any]) -> Callable[..., Any]: ...


Through = Callable[[str, Callable[..., Any]], Callable[..., Any]]


def cast_of_run(trainer: Casting, parts: list[Part]) -> list[Part]:
    """The parts of a run: the callbacks in this run's table, then data module and module.

    Args:
        trainer: Whose run.
        parts: The callbacks, as any Trainer casts them.
    """
    others, hearing = PHASES[trainer._purpose].without, _hearing(trainer)
    cast = [_of_callback(trainer, part, hearing) if part.hookmap is LIGHTNING else part for part in parts]
    without = others | trainer._loaders_given
    if trainer.datamodule is not None:
        data = _of_data(trainer, hearing, without)
        cast.append(data)
        if trainer._asks_data:
            # what the data module brings, the module is not asked for
            without = others | LOADERS | {method for method in TRANSFERS if data.implements(method)}
    if trainer.lightning_module is not None:
        cast += _of_module(trainer, hearing, without)
    return cast


def _hearing(trainer: Casting) -> Through:
    """Wrap foreign methods so that ``self.log`` knows which hook is running."""
    naming, hearing = guests.hook_namer(trainer.lightning_module), trainer.logged.through
    return hearing if naming is None else lambda name, method: hearing(name, naming(name, method))


def _of_callback(trainer: Casting, part: Part, hearing: Through) -> Part:
    through = _about_state(trainer, part.player, hearing)
    without = PHASES[trainer._purpose].without | idle_hooks(part.player)
    return dataclasses.replace(part, hookmap=trainer._table, through=through, without=without)


def _of_data(trainer: Casting, hearing: Through, without: frozenset[str]) -> Part:
    """The data module; one of a call before hears of the run, and brings no data to it."""
    data = trainer.datamodule
    if not trainer._asks_data:
        without = PHASES[trainer._purpose].without | LOADERS | set(TRANSFERS)
    through = _about_state(trainer, data, hearing)
    return Part(trainer._table, "LightningDataModule", data, through=through, without=without)


def _of_module(trainer: Casting, hearing: Through, without: frozenset[str]) -> list[Part]:
    module = trainer.lightning_module

    def through(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        return hearing(name, _entered(trainer, name, method))

    without |= _unused(trainer)
    norms = _of_norms(trainer, hearing)
    retired = Part(trainer._table, "RetiredHooks", module, without=NOT_ENDED[trainer._purpose])
    return [Part(trainer._table, "LightningModule", module, through=through, without=without), retired, *norms]


def _of_norms(trainer: Casting, hearing: Through) -> list[Part]:
    """What logs the norms of gradients, where ``track_grad_norm=`` of Lightning 1 asks for it."""
    order = trainer._kept.track_grad_norm
    if order == -1:
        return []
    heard_as = partial(hearing, "on_before_optimizer_step")
    return [
        Part(trainer._table, "BeforeClipping", GradNorms(trainer, order), through=lambda name, method: heard_as(method))
    ]


def _unused(trainer: Casting) -> set[str]:
    """Methods that the Trainer does not call: clipping by hand, and what another method calls."""
    if not trainer.is_automatic:
        return {"configure_gradient_clipping", "clip_gradients", "optimizer_step"}
    clips = Part(LIGHTNING, "LightningModule", trainer.lightning_module).implements("configure_gradient_clipping")
    return {"clip_gradients"} if clips else set()


def _entered(trainer: Casting, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the module as it is called: in this precision, and through the wrappers of the model."""
    if name == "prepare_data":
        return prepared_once(trainer._accelerator, trainer.lightning_module, method)
    if name in STEPS:
        by_hand = name == "training_step" and not trainer.is_automatic
        entered = through_wrappers(trainer.model, trainer.lightning_module, method, by_hand)
        return trainer.precision_plugin.around(entered)
    if name == "backward":
        return trainer._backward_of(method)
    return trainer.precision_plugin.within(method) if name == "configure_model" else method


def _about_state(trainer: Casting, player: Any, hearing: Through) -> Through:
    """Wrap a player's methods; those about state see only its own entry of the checkpoint."""

    def through(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        if name == "prepare_data":
            return hearing(name, prepared_once(trainer._accelerator, player, method))
        return hearing(name, with_own_state(trainer, player, name, method) if name in STATE_METHODS else method)

    return through
