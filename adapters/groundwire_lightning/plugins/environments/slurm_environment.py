"""Where Lightning has it."""

from groundwire_lightning.strategies.environments import SLURMEnvironment

__all__ = ["SLURMEnvironment"]
