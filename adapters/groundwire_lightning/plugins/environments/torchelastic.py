"""Where Lightning has it."""

from groundwire_lightning.plugins.environments import TorchElasticEnvironment

__all__ = ["TorchElasticEnvironment"]
