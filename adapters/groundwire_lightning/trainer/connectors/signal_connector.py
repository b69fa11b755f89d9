"""Where Lightning has it."""

from groundwire_lightning.trainer.connectors import SignalConnector as _SignalConnector

__all__ = ["_SignalConnector"]
