"""Where Fabric has how files are read and written."""

from groundwire_lightning.checkpoints.io import CheckpointIO, TorchCheckpointIO

__all__ = ["CheckpointIO", "TorchCheckpointIO"]
