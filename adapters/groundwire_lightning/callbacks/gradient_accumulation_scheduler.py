"""A callback that changes by epoch how many batches an update accumulates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.checked import checked, mapping, unless_empty

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


class GradientAccumulationScheduler(Callback):
    """Changes ``trainer.accumulate_grad_batches`` as epochs begin.

    Args:
        scheduling: Epoch, from 0, to the batches that an update accumulates from then on; before
            the first epoch that is named it is 1.

    Raises:
        TypeError: Nothing is scheduled.
        MisconfigurationException: An epoch or a number of batches is out of range.
    """

    @checked(scheduling=unless_empty(mapping))
    def __init__(self, scheduling: dict[int, int]) -> None:
        if not scheduling:
            raise TypeError(
                "GradientAccumulationScheduler(scheduling=): nothing is scheduled; say {epoch: batches}, as in {4: 2}"
            )
        if not all(_is_whole(epoch, 0) for epoch in scheduling):
            raise MisconfigurationException(
                f"GradientAccumulationScheduler: epochs are whole numbers from 0, got {list(scheduling)}"
            )
        if not all(_is_whole(batches, 1) for batches in scheduling.values()):
            raise MisconfigurationException(
                "GradientAccumulationScheduler: batches are whole numbers of at least 1, got "
                f"{list(scheduling.values())}"
            )
        self.scheduling = scheduling
        self.scheduling.setdefault(0, 1)
        self.epochs = sorted(self.scheduling)

    def going_to_accumulate_grad_batches(self) -> bool:
        """True if in some epoch an update takes more than one batch."""
        return any(batches > 1 for batches in self.scheduling.values())

    def get_accumulate_grad_batches(self, epoch: int) -> int:
        """The number of batches that an update of an epoch accumulates.

        Args:
            epoch: Its index, from 0.
        """
        return self.scheduling[max((first for first in self.epochs if first <= epoch), default=0)]

    def on_train_start(self, trainer: Running, pl_module: Any) -> None:
        """Refuse a module or a Trainer that does not go together with a schedule.

        Raises:
            RuntimeError: The module makes its updates itself.
            ValueError: The Trainer was given ``accumulate_grad_batches`` too.
        """
        if not pl_module.automatic_optimization:
            raise RuntimeError(
                f"GradientAccumulationScheduler: {type(pl_module).__qualname__} makes its updates itself, so the "
                "trainer accumulates nothing; leave the callback out, or step every so many batches in training_step"
            )
        overridden = {"optimizer_step", "optimizer_zero_grad"} & set(trainer.plan.instead)
        if overridden and self.going_to_accumulate_grad_batches():
            rank_zero_warn(
                f"GradientAccumulationScheduler: {' and '.join(sorted(overridden))} of {type(pl_module).__qualname__} "
                "runs at updates, which is not at every batch"
            )
        if trainer.accumulate_grad_batches != 1:
            raise ValueError(
                f"GradientAccumulationScheduler and Trainer(accumulate_grad_batches={trainer.accumulate_grad_batches}) "
                "exclude each other; keep one of them"
            )

    def on_train_epoch_start(self, trainer: Running, *args: Any) -> None:
        """Set the number of batches."""
        trainer._accumulate(self.get_accumulate_grad_batches(trainer.current_epoch))


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and value >= least
