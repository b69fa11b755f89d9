"""What modules and data modules are made of, where Lightning has it."""

from typing import TYPE_CHECKING

from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.utilities.lazily import modules_of

__all__ = ["LightningDataModule", "LightningModule"]

if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
