"""What modules and callbacks ask ``trainer.precision_plugin``; how a step computes is the Trainer's ``precision=``."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any


class Precision:
    """How a step computes, as Lightning tells it.

    Args:
        trainer: The Trainer it answers for.
    """

    def __init__(self, trainer: Any = None) -> None:
        self.trainer = trainer

    @property
    def precision(self) -> str:
        """The word for ``Trainer(precision=...)``."""
        return "32-true" if self.trainer is None else str(self.trainer.precision)

    @property
    def scaler(self) -> Any:
        """What scales the loss of 16-bit training, or None."""
        return None if self.trainer is None else self.trainer.scaler

    def forward_context(self) -> AbstractContextManager[Any]:
        """What a forward pass runs under."""
        made = getattr(self.trainer, "_precision_context", nullcontext)
        return made()

    train_step_context = val_step_context = test_step_context = predict_step_context = forward_context

    def clip_gradients(self, optimizer: Any, clip_val: float = 0.0, gradient_clip_algorithm: Any = "norm") -> None:
        """Clip the gradients that an optimizer is about to use.

        Args:
            optimizer: Whose parameters.
            clip_val: 0 leaves them as they are.
            gradient_clip_algorithm: ``"norm"`` or ``"value"``.
        """
        algorithm = getattr(gradient_clip_algorithm, "value", gradient_clip_algorithm)
        self.trainer.clip(optimizer, clip_val, str(algorithm))

    def convert_input(self, data: Any) -> Any:
        """The batch as a step takes it."""
        return data

    def convert_output(self, data: Any) -> Any:
        """What a step returned, as callbacks are given it."""
        return data
