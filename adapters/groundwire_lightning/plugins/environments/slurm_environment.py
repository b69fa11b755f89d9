"""Where Lightning has it."""

from groundwire_lightning.plugins.environments import SLURMEnvironment

__all__ = ["SLURMEnvironment"]
