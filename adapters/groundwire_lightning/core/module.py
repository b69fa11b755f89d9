"""Where Lightning has its module."""

from groundwire_lightning.module import LightningModule

__all__ = ["LightningModule"]
