"""What modules and data modules are made of, where Lightning has it."""

from groundwire_lightning.datamodule import LightningDataModule
from groundwire_lightning.module import LightningModule

__all__ = ["LightningDataModule", "LightningModule"]
