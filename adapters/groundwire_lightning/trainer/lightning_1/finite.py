"""A callback that ends a run once its loss or a parameter is no finite number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from groundwire_lightning.core.callback import Callback

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


class FiniteOnly(Callback):
    """Raises where a loss or a parameter is infinite or no number, as ``terminate_on_nan=True`` of Lightning 1 did.

    It reads the loss and every parameter of each batch from the device, which takes time.
    """

    def on_before_backward(self, trainer: Running, pl_module: Any, loss: Any) -> None:
        """Look at the loss.

        Raises:
            ValueError: It is not finite.
        """
        if not torch.isfinite(loss).all():
            raise ValueError(f"training_step returned the loss {loss.item()}, which is not finite (terminate_on_nan)")

    def on_after_backward(self, trainer: Running, pl_module: Any) -> None:
        """Look at the parameters.

        Raises:
            ValueError: One has a value that is not finite.
        """
        for name, parameter in pl_module.named_parameters():
            if not torch.isfinite(parameter).all():
                raise ValueError(f"the parameter {name} has values that are not finite (terminate_on_nan)")
