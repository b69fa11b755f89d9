"""A callback that writes a checkpoint when an error ends the run."""

from __future__ import annotations

import os
from os import PathLike
from typing import TYPE_CHECKING, Any

from groundwire_lightning.callbacks.checkpoint import Checkpoint
from groundwire_lightning.checkpoints import io
from groundwire_lightning.utilities.checked import checked, path, text

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


class OnExceptionCheckpoint(Checkpoint):
    """Writes one file where an error leaves the run, and deletes it when a later run ends well.

    Args:
        dirpath: The folder of the file.
        filename: The name of the file, without its extension.

    Raises:
        ValueError: The name is empty.
    """

    FILE_EXTENSION = ".ckpt"

    @checked(dirpath=path, filename=text)
    def __init__(self, dirpath: str | PathLike[str], filename: str = "on_exception") -> None:
        super().__init__()
        if not filename:
            raise ValueError("OnExceptionCheckpoint(filename=''): a name is due")
        self.dirpath = dirpath
        self.filename = filename

    @property
    def ckpt_path(self) -> str:
        """The path of the file."""
        return os.path.join(self.dirpath, f"{self.filename}{self.FILE_EXTENSION}")  # noqa: PTH118  # may be a URL

    def on_exception(self, trainer: Running, pl_module: Any, exception: BaseException) -> None:
        """Write the file."""
        trainer.save_checkpoint(self.ckpt_path)

    def teardown(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Delete the file; after an error this is not called, so it stays."""
        if trainer.is_global_zero:
            io.remove_checkpoint(trainer.strategy._checkpoint_io, self.ckpt_path)
