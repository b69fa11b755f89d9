"""Where Lightning has it."""

from groundwire_lightning.trainer.connector_stand_ins import SignalConnector as _SignalConnector

__all__ = ["_SignalConnector"]
