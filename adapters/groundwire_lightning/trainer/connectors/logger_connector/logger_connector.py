"""Where Lightning has it."""

from groundwire_lightning.facades import LoggerConnector as _LoggerConnector

__all__ = ["_LoggerConnector"]
