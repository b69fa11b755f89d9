"""What modules and data modules are made of, where Lightning has it."""

from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule

__all__ = ["LightningDataModule", "LightningModule"]
