"""Where Lightning has it."""

from groundwire_lightning.plugins.io.torch_io import CheckpointIO

__all__ = ["CheckpointIO"]
