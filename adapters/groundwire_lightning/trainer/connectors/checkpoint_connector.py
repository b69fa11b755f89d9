"""Where Lightning has it."""

from groundwire_lightning.trainer.stand_ins import CheckpointConnector as _CheckpointConnector

__all__ = ["_CheckpointConnector"]
