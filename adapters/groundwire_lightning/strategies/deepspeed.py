"""Where Lightning has it."""

from groundwire_lightning.strategies import DeepSpeedStrategy

__all__ = ["DeepSpeedStrategy"]
