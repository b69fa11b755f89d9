"""Where Lightning has it."""

from groundwire_lightning.facades import DataConnector as _DataConnector

__all__ = ["_DataConnector"]
