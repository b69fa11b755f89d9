"""torchmetrics for any groundwire Trainer: add :class:`MetricsCallback` to ``callbacks=``."""

from groundwire_torchmetrics.callback import MetricsCallback
from groundwire_torchmetrics.map import TORCHMETRICS

__all__ = ["TORCHMETRICS", "MetricsCallback"]
