"""The Lightning-shaped Trainer: its arguments and entry points, and what code reads of Lightning's own."""

from typing import TYPE_CHECKING

from groundwire_lightning.trainer.trainer import Trainer
from groundwire_lightning.utilities.lazily import modules_of
from groundwire_lightning.utilities.seed import seed_everything

__all__ = ["Trainer", "seed_everything"]

if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
