"""Where Lightning has what gives a class hyper-parameters."""

from groundwire_lightning.hparams import HyperParameters as HyperparametersMixin

__all__ = ["HyperparametersMixin"]
