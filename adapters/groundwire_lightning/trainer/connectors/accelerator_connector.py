"""Where Lightning has it; what it decides there, :mod:`groundwire_lightning.strategies.devices` decides here."""

import sys

from groundwire_lightning.trainer.connector_stand_ins import AcceleratorConnector as _AcceleratorConnector

__all__ = ["_IS_INTERACTIVE", "_AcceleratorConnector"]

_IS_INTERACTIVE = hasattr(sys, "ps1") or bool(sys.flags.interactive)
