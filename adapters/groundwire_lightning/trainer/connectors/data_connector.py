"""Where Lightning has it."""

from groundwire_lightning.trainer.connector_stand_ins import DataConnector as _DataConnector

__all__ = ["_DataConnector"]
