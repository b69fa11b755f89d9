"""Where Lightning has it."""

from groundwire_lightning.trainer.connectors import DataConnector as _DataConnector

__all__ = ["_DataConnector"]
