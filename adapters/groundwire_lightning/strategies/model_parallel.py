"""Where Lightning has it."""

from groundwire_lightning.strategies import ModelParallelStrategy

__all__ = ["ModelParallelStrategy"]
