"""How checkpoints are read and written."""

from groundwire_lightning.checkpoints.io import AsyncCheckpointIO, CheckpointIO, TorchCheckpointIO, XLACheckpointIO

__all__ = ["AsyncCheckpointIO", "CheckpointIO", "TorchCheckpointIO", "XLACheckpointIO"]
