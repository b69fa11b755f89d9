"""Where Lightning has it."""

from groundwire_lightning.trainer.connectors import CheckpointConnector as _CheckpointConnector

__all__ = ["_CheckpointConnector"]
