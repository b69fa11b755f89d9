"""Where Lightning has it."""

from groundwire_lightning.trainer.stand_ins import LoggerConnector as _LoggerConnector

__all__ = ["_LoggerConnector"]
