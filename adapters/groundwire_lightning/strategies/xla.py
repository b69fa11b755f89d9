"""Where Lightning has it."""

from groundwire_lightning.strategies import XLAStrategy

__all__ = ["XLAStrategy"]
