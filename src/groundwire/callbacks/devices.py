"""Modules beside the model, moved to the device of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from groundwire.callbacks.base import TrainerCallback

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["MoveModulesToDeviceCallback"]


class MoveModulesToDeviceCallback(TrainerCallback):
    """Moves every module that is an attribute of the Trainer (a loss, a teacher, metrics) to its device.

    Not the model, which the Trainer prepares itself, and not modules within lists or dictionaries:
    keep those in an ``nn.ModuleList`` or ``nn.ModuleDict``.
    """

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Move them before the first training batch."""
        self._move_modules_to_device(trainer)

    def on_evaluation_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Move them before the first evaluation batch."""
        self._move_modules_to_device(trainer)

    def on_prediction_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Move them before the first batch to predict."""
        self._move_modules_to_device(trainer)

    def _move_modules_to_device(self, trainer: Trainer) -> None:
        for module in list(vars(trainer).values()):
            if isinstance(module, nn.Module) and module is not trainer.model:
                module.to(trainer.device)
