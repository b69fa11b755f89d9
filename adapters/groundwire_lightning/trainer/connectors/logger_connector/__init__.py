"""Where Lightning has it."""

from groundwire_lightning.trainer.connector_stand_ins import LoggerConnector as _LoggerConnector

__all__ = ["_LoggerConnector"]
