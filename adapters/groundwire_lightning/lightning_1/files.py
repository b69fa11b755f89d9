"""Reading and writing of files under the names that Lightning 1 had for it."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.checkpoints import io, reading


def load(path_or_url: Any, map_location: Any = None) -> Any:
    """Read a checkpoint, as safely as any other and brought up to date.

    Args:
        path_or_url: Its path, or an open file.
        map_location: The device of its tensors.
    """
    return reading.read(path_or_url, map_location=map_location or "cpu")


def atomic_save(checkpoint: Any, filepath: Any) -> None:
    """Write a checkpoint so that no half a file is ever there.

    Args:
        checkpoint: What it holds.
        filepath: Its path.
    """
    io.TorchCheckpointIO().save_checkpoint(checkpoint, filepath)
