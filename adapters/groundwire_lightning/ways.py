"""What reports say of updates: how they are made in a run, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire import place_of
from groundwire_lightning.optimizer import evaluates_once

if TYPE_CHECKING:
    from groundwire_lightning.fit_steps import FitSteps


def said_of_updates(trainer: FitSteps) -> list[str]:
    """How updates are made, in lines for a report.

    Args:
        trainer: Of whose run, before it or in it.
    """
    if not trainer.is_automatic:
        return ["by hand: training_step makes them, for automatic_optimization is False"]
    reasons = _reasons_to_nest(trainer)
    if reasons:
        own = own_step(trainer)
        around = [f"{own} runs around forward and backward pass too, not around the update alone"] if own else []
        return [*(f"nested: forward and backward pass run within {reason}" for reason in reasons), *around]
    later = "" if trainer.optimizers else ", unless an optimizer evaluates the loss itself, as LBFGS does"
    return [f"straight: forward and backward pass, then the optimizer's step{later}"]


def _reasons_to_nest(trainer: FitSteps) -> list[str]:
    """What forward and backward pass run within."""
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


def own_step(trainer: FitSteps) -> str:
    """A user's ``optimizer_step`` that stands before the adapter, and where; empty without one."""
    for cls in type(trainer).__mro__:
        if cls.__module__.partition(".")[0].startswith("groundwire"):
            return ""
        if "optimizer_step" in vars(cls):
            return f"{cls.__qualname__}.optimizer_step ({place_of(vars(cls)['optimizer_step'])})"
    return ""


def tell_of_nesting(trainer: FitSteps) -> None:
    """Say, once, that a user's ``optimizer_step`` runs around more than an update."""
    if trainer.told_of_nesting or not (own := own_step(trainer)):
        return
    trainer.told_of_nesting = True
    from groundwire.errors import rank_zero_warn

    rank_zero_warn(f"{own}: {'; '.join(said_of_updates(trainer))}")
