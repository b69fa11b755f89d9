"""Where Lightning has it."""

from groundwire_lightning.plugins.precision import MixedPrecision

__all__ = ["MixedPrecision"]
