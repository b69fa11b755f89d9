"""Where Lightning has it."""

from groundwire_lightning.plugins.precision import XLAPrecision

__all__ = ["XLAPrecision"]
