"""Where Lightning has it."""

from groundwire_lightning.plugins.precision import DoublePrecision

__all__ = ["DoublePrecision"]
