"""The hooks ``*_step_end`` of Lightning 1: what one returns takes the place of what its step returned."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from groundwire_lightning.core.step_outputs import eval_loss_in, loss_in

STEP_ENDS = {
    "training_step_end": loss_in,
    "validation_step_end": eval_loss_in,
    "test_step_end": eval_loss_in,
}
"""Each hook, and what finds the loss in what it returns."""


def replacing(name: str, method: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    """The function to call in place of such a hook: it is passed a batch output, and changes that.

    Args:
        name: The hook, one of :data:`STEP_ENDS`.
        method: The module's own.
    """
    loss_of = STEP_ENDS[name]

    @wraps(method)
    def replace(batch_output: dict[str, Any]) -> None:
        returned = method(batch_output["model_outputs"])
        if returned is not None:
            batch_output.update(loss=loss_of(returned), model_outputs=returned)

    return replace
