"""Where Lightning has it."""

from groundwire_lightning.trainer.connectors import LoggerConnector as _LoggerConnector

__all__ = ["_LoggerConnector"]
