"""How checkpoints are read and written."""

from groundwire_lightning.checkpoints.io import AsyncCheckpointIO, CheckpointIO, TorchCheckpointIO
from groundwire_lightning.errors import missing

__all__ = ["AsyncCheckpointIO", "CheckpointIO", "TorchCheckpointIO", "XLACheckpointIO"]

XLACheckpointIO = missing("XLACheckpointIO", __name__, "TorchCheckpointIO", CheckpointIO)
