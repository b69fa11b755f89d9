"""Where Lightning has it."""

from groundwire_lightning.strategies.environments import TorchElasticEnvironment

__all__ = ["TorchElasticEnvironment"]
