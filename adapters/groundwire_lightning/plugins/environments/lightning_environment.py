"""Where Lightning has it."""

from groundwire_lightning.strategies.environments import LightningEnvironment

__all__ = ["LightningEnvironment"]
