"""Where Lightning has it."""

from groundwire_lightning.plugins.precision import BitsandbytesPrecision

__all__ = ["BitsandbytesPrecision"]
