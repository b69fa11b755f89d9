"""Lightning code on groundwire: ``import groundwire_lightning as L``."""

from groundwire_lightning.adapter import LightningAdapter
from groundwire_lightning.callback import Callback
from groundwire_lightning.datamodule import LightningDataModule
from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.mixing import adapt
from groundwire_lightning.module import LightningModule
from groundwire_lightning.seed import seed_everything
from groundwire_lightning.trainer.trainer import Trainer

__all__ = [
    "LIGHTNING",
    "Callback",
    "LightningAdapter",
    "LightningDataModule",
    "LightningModule",
    "MisconfigurationException",
    "NotSupportedYetError",
    "Trainer",
    "adapt",
    "seed_everything",
]
