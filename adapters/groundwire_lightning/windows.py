"""How many batches an update averages over, where Lightning's number and the right one differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundwire_lightning.trainer.trainer import Trainer


def window(trainer: Trainer) -> int:
    """What the loss of the batch in use is divided by.

    Lightning divides by ``accumulate_grad_batches``, also in the last window of an epoch, which may
    hold fewer batches: their gradients come out too small. ``numerics="exact"`` divides by what the
    window holds.
    """
    size = trainer.accumulate_grad_batches
    if trainer.numerics == "exact":
        first = trainer.at.step - trainer.at.step % size
        return int(min(size, trainer.num_training_batches - first))
    if trainer.progress.is_last and trainer.progress.ready % size:
        _tell_once(trainer, trainer.progress.ready % size)
    return size


def reweigh(trainer: Trainer) -> None:
    """Make the gradients of a short last window those of a mean over what it holds.

    For data without a length: that the window is the last one is not known before its last batch.
    """
    size = trainer.accumulate_grad_batches
    held = trainer.progress.ready % size
    if not held or not math.isinf(trainer.num_training_batches):
        return
    trainer.at.window = held
    for optimizer in trainer.optimizers:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_(size / held)


def _tell_once(trainer: Trainer, held: int) -> None:
    if trainer.told_of_short_window:
        return
    trainer.told_of_short_window = True
    from groundwire.errors import rank_zero_warn

    rank_zero_warn(
        f"accumulate_grad_batches={trainer.accumulate_grad_batches}: the last update of an epoch holds {held} batches, "
        f"and as in Lightning their loss is divided by {trainer.accumulate_grad_batches}. "
        "Trainer(numerics='exact') divides by what a window holds"
    )
