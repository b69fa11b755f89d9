"""Which of the steps of ``fit`` a run takes."""

from __future__ import annotations

from typing import Any

from groundwire_lightning import fit_order, ways
from groundwire_lightning.loaders import Loaders
from groundwire_lightning.nested import nested_step
from groundwire_lightning.reader import by_reading
from groundwire_lightning.stepping import nests, synchronised_at_updates

STEPS = {"straight": fit_order.train_step, "nested": nested_step, "by hand": fit_order.step_by_hand}
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
    _step: Any = staticmethod(fit_order.train_step)

    def choose_way(self) -> None:
        """Decide how updates are made; done before each epoch, so that a step need not ask."""
        super().choose_way()
        if self.way == "nested":
            ways.tell_of_nesting(self)
        self._step = STEPS[self.way]
        if self.way != "by hand" and self.world_size > 1:
            self._step = synchronised_at_updates(self._step)
        if self.way != "by hand" and self.skips_backward:
            self._step = fit_order.step_without_backward
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
