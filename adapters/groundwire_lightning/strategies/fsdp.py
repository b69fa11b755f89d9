"""Where Lightning has it."""

from groundwire_lightning.strategies import FSDPStrategy

__all__ = ["FSDPStrategy"]
