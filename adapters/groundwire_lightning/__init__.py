"""Lightning code on groundwire's Trainer: ``import groundwire_lightning as L``."""

import importlib
import os
from typing import Any

from groundwire_lightning.cli import register_makers
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.errors import Fabric, MisconfigurationException, NotSupportedYetError
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.paths import AS_LIGHTNING
from groundwire_lightning.trainer.adapt import adapt
from groundwire_lightning.trainer.adapter import LightningAdapter
from groundwire_lightning.trainer.trainer import Trainer
from groundwire_lightning.utilities.console import show_log
from groundwire_lightning.utilities.finder import install_finder
from groundwire_lightning.utilities.lazily import lazy_attribute
from groundwire_lightning.utilities.seed import seed_everything

__version__ = "2.6.6"
"""The release of Lightning whose behaviour this is, for code that asks; groundwire has a version of its own."""

__all__ = [
    "LIGHTNING",
    "Callback",
    "Fabric",
    "LightningAdapter",
    "LightningDataModule",
    "LightningModule",
    "MisconfigurationException",
    "NotSupportedYetError",
    "Trainer",
    "__version__",
    "adapt",
    "seed_everything",
]


def __getattr__(name: str) -> Any:
    """Import a module such as ``L.callbacks`` when it is first used."""
    return lazy_attribute(__name__, {}, name)


def load_ipython_extension(ipython: Any) -> None:
    """Answer for Lightning in a notebook, at ``%load_ext groundwire_lightning``.

    Args:
        ipython: The shell.
    """
    importlib.import_module(f"{__name__}.as_lightning")


install_finder()
show_log()
register_makers()
if os.environ.get(AS_LIGHTNING, "").strip() not in ("", "0"):
    importlib.import_module(f"{__name__}.as_lightning")
