"""Where Lightning has it."""

from groundwire_lightning.trainer.stand_ins import CallbackConnector as _CallbackConnector

__all__ = ["_CallbackConnector"]
