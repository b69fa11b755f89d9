"""The norms of gradients, logged before each update: ``Trainer(track_grad_norm=...)`` of Lightning 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire_lightning.utilities.grads import grad_norm

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


class BeforeClipping:
    """What runs between the hooks of an update and clipping."""

    def log_norms(self, optimizer: Any) -> None:
        """Called when the gradients of an update are there, and not clipped yet."""


class GradNorms(BeforeClipping):
    """Tells a module the norms of its gradients before they are clipped.

    Args:
        trainer: The Trainer of the run.
        order: The order of the norm.
    """

    def __init__(self, trainer: Running, order: float) -> None:
        self._trainer = trainer
        self._order = order

    def log_norms(self, optimizer: Any) -> None:
        """Compute the norms of all parameters once an update, which is when the first optimizer makes its own.

        Args:
            optimizer: The optimizer that is about to make an update.
        """
        trainer = self._trainer
        if optimizer is not trainer.optimizers[0]:
            return
        module = trainer.lightning_module
        norms = {name: round(norm.item(), 4) for name, norm in grad_norm(module, self._order).items()}
        if norms:
            module.log_grad_norm(norms)
