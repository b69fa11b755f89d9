"""Where Lightning has it."""

from groundwire_lightning.facades import CheckpointConnector as _CheckpointConnector

__all__ = ["_CheckpointConnector"]
