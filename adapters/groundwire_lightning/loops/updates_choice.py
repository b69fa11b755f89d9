"""Which of the steps of ``fit`` a run takes."""

from __future__ import annotations

from typing import Any

from groundwire import place_of
from groundwire_lightning.core.optimizer import evaluates_once
from groundwire_lightning.data.dataloader_iter import by_reading
from groundwire_lightning.loops import steps
from groundwire_lightning.loops.steps import nested_step
from groundwire_lightning.loops.updates import nests, synchronised_at_updates
from groundwire_lightning.trainer.loaders import Loaders

STEPS = {"straight": steps.train_step, "nested": nested_step, "by hand": steps.step_by_hand}
"""How updates are made, and the step that makes them so."""


class FitSteps(Loaders):
    """Takes the steps of a run in Lightning's order.

    Attributes:
        skips_backward: Batches are only looked at: nothing is differentiated, nothing updated.
        told_of_nesting: It was said that a user's ``optimizer_step`` runs around more than an update.
        told_of_short_window: It was said that a window of accumulation is a short one.
        told_of_no_batch: It was said that a training batch was None.
    """

    skips_backward: bool = False
    told_of_nesting: bool = False
    told_of_short_window: bool = False
    told_of_no_batch: bool = False
    _clips_before_step = False
    _step: Any = staticmethod(steps.train_step)

    def choose_way(self) -> None:
        """Decide how updates are made; done before each epoch, so that a step need not ask."""
        super().choose_way()
        if self.way == "nested":
            tell_of_nesting(self)
        self._step = STEPS[self.way]
        if self.way != "by hand" and self.world_size > 1:
            self._step = synchronised_at_updates(self._step)
        if self.way != "by hand" and self.skips_backward:
            self._step = steps.step_without_backward
        if "training_step" in self._readers:
            self._step = by_reading(self._step)

    def _nests(self) -> bool:
        scaled = self.precision_plugin.scaler is not None
        # a scheduler that was made of what self.optimizers() gives counts the steps of that
        counted = self._handles is not None and any("step" in vars(handle) for handle in self._handles[1])
        return scaled or counted or "optimizer_step" in self.plan.instead or nests(self.optimizers)

    def _count_step(self, done: bool) -> None:
        super()._count_step(done)
        self.progress.steps_ready += not done
        self.progress.steps += done


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
