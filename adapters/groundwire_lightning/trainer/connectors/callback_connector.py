"""Where Lightning has it."""

from groundwire_lightning.facades import CallbackConnector as _CallbackConnector

__all__ = ["_CallbackConnector"]
