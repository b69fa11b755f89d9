"""The choice of a step of ``fit`` for a run, and the reasons for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from groundwire import place_of
from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.optimizer import evaluates_once
from groundwire_lightning.core.replaced import TellsOfMethods, noticing_replaced
from groundwire_lightning.loops import steps
from groundwire_lightning.loops.reading_steps import by_reading
from groundwire_lightning.loops.steered import Steered
from groundwire_lightning.loops.updates import nests, synchronised_at_updates

STEP_OF_WAY: dict[str, Callable[..., Any]] = {
    "straight": steps.train_step,
    "nested": steps.nested_step,
    "by hand": steps.step_by_hand,
}
"""Ways of making updates, each with the step that makes them so."""


def step_for(trainer: Steered, in_turns: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """The step that makes updates in the way that was chosen.

    Args:
        trainer: Of whose run; asked before each epoch, so that a step need not ask.
        in_turns: The step of a run that uses a batch more than once, as Lightning 1 did; None in any other run.
    """
    step: Callable[..., Any] = in_turns or STEP_OF_WAY[trainer.way]
    if trainer.way != "by hand" and trainer.world_size > 1:
        step = synchronised_at_updates(step)
    if trainer.way != "by hand" and trainer.skips_backward:
        step = steps.step_without_backward
    if not isinstance(trainer.lightning_module, TellsOfMethods):
        step = noticing_replaced(step, trainer.lightning_module)
    return by_reading(step) if "training_step" in trainer._readers else step


def nests_updates(trainer: Steered) -> bool:
    """True where forward and backward pass run within the optimizer's step."""
    scaled = trainer.precision_plugin.scaler is not None
    # a scheduler that was made of what self.optimizers() gives counts the steps of that
    counted = trainer._handles is not None and any("step" in vars(handle) for handle in trainer._handles[1])
    return scaled or counted or "optimizer_step" in trainer.plan.instead or nests(trainer.optimizers)


def said_of_updates(trainer: Steered, turns: Sequence[str] = ()) -> list[str]:
    """Tell how updates are made, in lines for a report.

    Args:
        trainer: Of whose run, before it or in it.
        turns: Further calls that forward and backward pass run within.
    """
    if not trainer.is_automatic:
        return ["by hand: training_step makes them, for automatic_optimization is False"]
    reasons = [*_reasons_to_nest(trainer), *turns]
    if reasons:
        own = own_step(trainer)
        around = [f"{own} runs around forward and backward pass too, not around the update alone"] if own else []
        return [*(f"nested: forward and backward pass run within {reason}" for reason in reasons), *around]
    later = "" if trainer.optimizers else ", unless an optimizer evaluates the loss itself, as LBFGS does"
    return [f"straight: forward and backward pass, then the optimizer's step{later}"]


def _reasons_to_nest(trainer: Steered) -> list[str]:
    """The calls that forward and backward pass run within."""
    cls = type(trainer.lightning_module)
    parts = [part for part in trainer._parts() if part.role == "LightningModule"]
    overrides = any(part.implements("optimizer_step") for part in parts)
    module = [f"optimizer_step of {cls.__qualname__} ({place_of(cls.optimizer_step)})"] if overrides else []
    scaled = ["the step of the scaler"] if trainer.precision_plugin.scaler is not None else []
    return [
        *module,
        *scaled,
        *(f"the step of {type(one).__name__}" for one in trainer.optimizers if not evaluates_once(one)),
    ]


def own_step(trainer: Steered) -> str:
    """A user's ``optimizer_step`` that stands before the adapter, and where; empty without one."""
    for cls in type(trainer).__mro__:
        if cls.__module__.partition(".")[0].startswith("groundwire"):
            return ""
        if "optimizer_step" in vars(cls):
            return f"{cls.__qualname__}.optimizer_step ({place_of(vars(cls)['optimizer_step'])})"
    return ""


def tell_of_nesting(trainer: Steered) -> None:
    """Say, once, that a user's ``optimizer_step`` runs around more than an update."""
    if trainer.told_of_nesting or not (own := own_step(trainer)):
        return
    trainer.told_of_nesting = True
    rank_zero_warn(f"{own}: {'; '.join(said_of_updates(trainer))}")
