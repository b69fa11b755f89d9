"""Where Lightning has it."""

from groundwire_lightning.trainer.stand_ins import SignalConnector as _SignalConnector

__all__ = ["_SignalConnector"]
