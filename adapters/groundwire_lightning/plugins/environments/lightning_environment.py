"""Where Lightning has it."""

from groundwire_lightning.plugins.environments import LightningEnvironment

__all__ = ["LightningEnvironment"]
