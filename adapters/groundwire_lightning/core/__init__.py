"""The classes that users subclass, module, data module and callback, and what they are built from."""

from typing import TYPE_CHECKING

from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.utilities.lazily import modules_of

__all__ = ["LightningDataModule", "LightningModule"]

if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
