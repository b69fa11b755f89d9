"""A training loader gave None for a batch: there is no step, and the hooks at its end are told so."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn

if TYPE_CHECKING:
    from groundwire_lightning.trainer.trainer import Trainer


def tell_of_no_batch(trainer: Trainer) -> None:
    """Call what stands after a training step, with None for the batch and for what the step made of it."""
    if not trainer.told_of_no_batch:
        trainer.told_of_no_batch = True
        rank_zero_warn(
            f"train_dataloader gave None as batch {trainer.at.step}: no step is made of such a batch; if that was "
            "meant, nothing is wrong"
        )
    found = trainer.plan.wired.get("_run_train_step")
    for attached in () if found is None else found.after:
        space = {**attached.values, "batch": None, "step": trainer.at.step, str(attached.row.moment.makes): None}
        named = {name.rpartition(".")[2]: _read(space, name) for name in attached.named}
        attached.method(*(_read(space, name) for name in attached.args), **named)


def _read(space: dict[str, Any], name: str) -> Any:
    root, *path = name.split(".")
    return None if name == "trainer.step_outputs" else reduce(getattr, path, space[root])
