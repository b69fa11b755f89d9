"""How checkpoints are read and written: one file, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from groundwire_lightning.errors import MisconfigurationException


class CheckpointIO:
    """Reads, writes and deletes checkpoints; a subclass keeps them elsewhere."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint.

        Args:
            checkpoint: What is written.
            path: Where.
            storage_options: Whatever the subclass takes.
        """
        raise NotImplementedError

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint.

        Args:
            path: Where it is.
            map_location: The device of its tensors.
            weights_only: False loads anything that was pickled.
        """
        raise NotImplementedError

    def remove_checkpoint(self, path: Any) -> None:
        """Delete a checkpoint.

        Args:
            path: Where it is.
        """
        raise NotImplementedError

    def teardown(self) -> None:
        """The run is over."""


class TorchCheckpointIO(CheckpointIO):
    """``torch.save`` and ``torch.load``."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint, whole or not at all; folders are made.

        Args:
            checkpoint: What is written.
            path: The file.
            storage_options: Must be None.

        Raises:
            TypeError: There are storage options.
        """
        if storage_options is not None:
            raise TypeError("TorchCheckpointIO takes no storage_options; a CheckpointIO of your own may")
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with unfinished.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint.

        Args:
            path: The file.
            map_location: The device of its tensors; by default the CPU.
            weights_only: False loads anything that was pickled.
        """
        from groundwire_lightning.reading import read

        return read(path, weights_only, map_location or "cpu")

    def remove_checkpoint(self, path: Any) -> None:
        """Delete a file, or a folder with all that is in it.

        Args:
            path: Which one.
        """
        path = Path(path)
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()


class AsyncCheckpointIO(TorchCheckpointIO):
    """Lightning's writer in a thread; here a checkpoint is on disk when ``save_checkpoint`` returns.

    Args:
        checkpoint_io: Must be None or a ``TorchCheckpointIO``.

    Raises:
        MisconfigurationException: It is another one.
    """

    def __init__(self, checkpoint_io: CheckpointIO | None = None) -> None:
        if checkpoint_io is not None and type(checkpoint_io) is not TorchCheckpointIO:
            raise MisconfigurationException(
                f"AsyncCheckpointIO({type(checkpoint_io).__name__}()): pass {type(checkpoint_io).__name__}() itself"
            )
