"""Where Lightning has it."""

from groundwire_lightning.plugins.io.torch_io import AsyncCheckpointIO

__all__ = ["AsyncCheckpointIO"]
