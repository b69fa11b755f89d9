"""Where Lightning has it."""

from groundwire_lightning.facades import SignalConnector as _SignalConnector

__all__ = ["_SignalConnector"]
