"""Where Lightning has it."""

from groundwire_lightning.checkpoints.io import CheckpointIO

__all__ = ["CheckpointIO"]
