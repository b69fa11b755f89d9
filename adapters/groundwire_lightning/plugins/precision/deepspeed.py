"""Where Lightning has it."""

from groundwire_lightning.plugins.precision import DeepSpeedPrecision

__all__ = ["DeepSpeedPrecision"]
