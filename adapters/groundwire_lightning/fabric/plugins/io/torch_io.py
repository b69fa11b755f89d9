"""Where Fabric has how files are read and written."""

from groundwire_lightning.checkpoints.io import TorchCheckpointIO

__all__ = ["TorchCheckpointIO"]
