"""What a Trainer holds besides its model goes where the model is."""

from __future__ import annotations

from typing import Any

import torch

from groundwire.callbacks.base import TrainerCallback


class MoveModulesToDeviceCallback(TrainerCallback):
    """Moves the modules that are attributes of the Trainer (metrics, a teacher …) to its device.

    The model is not touched; the Trainer places it itself.
    """

    def on_training_run_start(self, trainer: Any, **kwargs: Any) -> None:
        """Move them before training."""
        self._move(trainer)

    def on_evaluation_run_start(self, trainer: Any, **kwargs: Any) -> None:
        """Move them before an evaluation."""
        self._move(trainer)

    def on_prediction_run_start(self, trainer: Any, **kwargs: Any) -> None:
        """Move them before a prediction."""
        self._move(trainer)

    def _move(self, trainer: Any) -> None:
        for name, value in vars(trainer).items():
            if name != "model" and isinstance(value, torch.nn.Module):
                value.to(trainer.device)
