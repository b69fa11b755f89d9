"""Where Lightning has its data module."""

from groundwire_lightning.datamodule import LightningDataModule

__all__ = ["LightningDataModule"]
