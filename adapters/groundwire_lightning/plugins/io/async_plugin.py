"""Where Lightning has it."""

from groundwire_lightning.checkpoints.io import AsyncCheckpointIO

__all__ = ["AsyncCheckpointIO"]
