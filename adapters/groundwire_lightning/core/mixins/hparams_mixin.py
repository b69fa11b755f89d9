"""Where Lightning has what gives a class hyper-parameters."""

from groundwire_lightning.core.hparams import HyperParameters as HyperparametersMixin

__all__ = ["HyperparametersMixin"]
