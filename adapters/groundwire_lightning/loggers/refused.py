"""Loggers of Lightning that cannot run here; each refuses and says what to use instead."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.errors import NotSupportedYetError

__all__ = ["CometLogger", "LitLogger", "NeptuneLogger"]


class _RefusedLogger:
    """A logger that cannot be made.

    Args:
        *args: The arguments of Lightning's logger.
        **kwargs: Further arguments of Lightning's logger.

    Raises:
        NotSupportedYetError: Always.
    """

    service: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotSupportedYetError(
            f"{type(self).__name__} writes to {self.service}, which is not supported yet. Instead: WandbLogger, "
            "MLFlowLogger, TensorBoardLogger or CSVLogger, or a subclass of Logger whose log_metrics and "
            f"log_hyperparams call {self.service}'s own package"
        )


class CometLogger(_RefusedLogger):
    """Lightning's logger for Comet; making one is refused."""

    service = "Comet"


class LitLogger(_RefusedLogger):
    """Lightning's logger for lightning.ai; making one is refused."""

    service = "lightning.ai"


class NeptuneLogger(_RefusedLogger):
    """Lightning's logger for Neptune; making one is refused."""

    service = "Neptune"
