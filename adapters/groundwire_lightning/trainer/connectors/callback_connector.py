"""Where Lightning has it."""

from groundwire_lightning.trainer.connector_stand_ins import CallbackConnector as _CallbackConnector

__all__ = ["_CallbackConnector"]
