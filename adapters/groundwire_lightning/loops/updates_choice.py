"""The choice of a step of ``fit`` for a run, and the reasons for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from groundwire import place_of
from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.optimizer import evaluates_once
from groundwire_lightning.core.replaced import TellsOfMethods, noticing_replaced
from groundwire_lightning.loops import steps
from groundwire_lightning.loops.reading_steps import by_reading
from groundwire_lightning.loops.steered import Steered, Used
from groundwire_lightning.loops.updates import nests, synchronised_at_updates

STEP_OF_WAY: dict[str, Callable[..., Any]] = {
    "straight": steps.train_step,
    "nested": steps.nested_step,
    "by hand": steps.step_by_hand,
}
"""Ways of making updates, each with the step that makes them so."""


def step_for(trainer: Steered, in_turns: Callable[[Steered], Callable[..., Any]]) -> Callable[..., Any]:
    """The step that makes updates in the way that was chosen.

    Args:
        trainer: Of whose run; asked before each epoch, so that a step need not ask.
        in_turns: Chooses the step of a run that uses a batch more than once, as Lightning 1 did.
    """
    step: Callable[..., Any] = in_turns(trainer) if takes_turns(trainer) else STEP_OF_WAY[trainer.way]
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
    return (
        takes_turns(trainer)
        or scaled
        or counted
        or "optimizer_step" in trainer.plan.instead
        or nests(trainer.optimizers)
    )


def said_of_updates(trainer: Steered) -> list[str]:
    """Tell how updates are made, in lines for a report.

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
        *_turns(trainer),
        *(f"the step of {type(one).__name__}" for one in trainer.optimizers if not evaluates_once(one)),
    ]


def _turns(trainer: Steered) -> list[str]:
    """The calls of a run that uses a batch more than once."""
    turns = []
    if steps_several(trainer) or _names_index(trainer.lightning_module):
        shares = trainer.optimizer_frequencies
        how = f"which use {shares} batches in a row" if shares else "one after the other at each batch"
        turns.append(f"the steps of several optimizers, {how} [1.x]")
    if takes_parts(trainer):
        size = trainer.lightning_module.truncated_bptt_steps
        turns.append(f"a step for each part of a batch, {size} steps of time long [1.x]")
    return turns


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


# runs that use a batch more than once, as Lightning 1 did


def steps_several(trainer: Used) -> bool:
    """True where the trainer steps several optimizers."""
    return trainer.is_automatic and len(trainer.optimizers) > 1


def takes_parts(trainer: Used) -> bool:
    """True where a module asks for parts of batches, and its ``training_step`` has room for ``hiddens``."""
    module = trainer.lightning_module
    if not getattr(module, "truncated_bptt_steps", 0):
        return False
    parameters = inspect.signature(module.training_step).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return True
    places = [each for each in parameters if each.kind is not each.KEYWORD_ONLY and each.name != "optimizer_idx"]
    return len(places) > len(("batch", "batch_idx"))


def takes_turns(trainer: Used) -> bool:
    """True in a run that uses a batch more than once."""
    return steps_several(trainer) or takes_parts(trainer)


def names_turn(trainer: Used) -> bool:
    """True where ``training_step`` may be passed more than a batch and its number."""
    return _names_index(trainer.lightning_module) or takes_turns(trainer)


def _names_index(module: Any) -> bool:
    return "optimizer_idx" in inspect.signature(module.training_step).parameters
