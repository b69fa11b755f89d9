"""How checkpoints are read and written."""

from groundwire_lightning.gaps import missing
from groundwire_lightning.plugins.io.torch_io import AsyncCheckpointIO, CheckpointIO, TorchCheckpointIO

__all__ = ["AsyncCheckpointIO", "CheckpointIO", "TorchCheckpointIO", "XLACheckpointIO"]

XLACheckpointIO = missing("XLACheckpointIO", __name__, "TorchCheckpointIO", CheckpointIO)
