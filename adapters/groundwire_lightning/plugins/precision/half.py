"""Where Lightning has it."""

from groundwire_lightning.plugins.precision import HalfPrecision

__all__ = ["HalfPrecision"]
