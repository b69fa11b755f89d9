"""Where Lightning has it."""

from groundwire_lightning.plugins.precision import FSDPPrecision

__all__ = ["FSDPPrecision"]
