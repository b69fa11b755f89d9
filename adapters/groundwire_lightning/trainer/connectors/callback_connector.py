"""Where Lightning has it."""

from groundwire_lightning.trainer.connectors import CallbackConnector as _CallbackConnector

__all__ = ["_CallbackConnector"]
