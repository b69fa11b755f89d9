"""The Trainer's side of checkpoints: who writes them, how one is written, and which one a run begins from."""

from __future__ import annotations

from os import PathLike
from typing import Any

from groundwire import checkpoint as files
from groundwire_lightning import checkpoint
from groundwire_lightning.adapter import LightningAdapter
from groundwire_lightning.agreement import together
from groundwire_lightning.callback_order import is_checkpoint, is_early_stopping
from groundwire_lightning.ckpt_files import local
from groundwire_lightning.progress import Progress


class Checkpoints(LightningAdapter):
    """A LightningAdapter that writes and reads Lightning's ``.ckpt`` files."""

    progress: Progress
    _told_left_out: set[str]

    @property
    def checkpoint_callback(self) -> Any:
        """The first callback that writes checkpoints, or None."""
        return next(iter(self.checkpoint_callbacks), None)

    @property
    def checkpoint_callbacks(self) -> list[Any]:
        """The callbacks that write checkpoints."""
        return [callback for callback in self.callbacks if is_checkpoint(callback)]

    @property
    def early_stopping_callback(self) -> Any:
        """The first callback that ends a run early, or None."""
        return next(iter(self.early_stopping_callbacks), None)

    @property
    def early_stopping_callbacks(self) -> list[Any]:
        """The callbacks that end a run early."""
        return [callback for callback in self.callbacks if is_early_stopping(callback)]

    def save_checkpoint(  # type: ignore[override]  # Lightning's signature; the native keywords are taken too
        self,
        filepath: str | PathLike[str] | None = None,
        weights_only: bool | None = None,
        storage_options: Any = None,
        **native: Any,
    ) -> None:
        """Write the run into a file, whole or not at all; Lightning loads it too.

        Args:
            filepath: The file.
            weights_only: True leaves callbacks, optimizers and schedulers out.
            storage_options: Must be None.
            **native: The arguments of :meth:`groundwire.Trainer.save_checkpoint`, which write its format.

        Raises:
            AttributeError: No module was given to an entry point yet.
            CheckpointError: It cannot be written.
        """
        if native:
            path = native.pop("save_path", filepath)
            super().save_checkpoint(path, **native)
            return
        if filepath is None:
            raise TypeError("save_checkpoint: filepath= is missing, where the file goes")
        if storage_options is not None:
            raise TypeError(
                f"save_checkpoint(storage_options={storage_options!r}): files are written as they are; leave it out"
            )
        if self.model is None:
            raise AttributeError(
                f"save_checkpoint({str(filepath)!r}): the trainer knows no module yet; fit, validate, test or predict "
                "gives it one"
            )
        target = local(filepath)
        if not self._is_running:
            self._wire_idle()
        state = checkpoint.dumped(self, bool(weights_only))  # type: ignore[arg-type]
        if self.is_global_zero:
            files.write(target, state)
        together(self)

    def _wire_idle(self) -> None:
        """Let the hooks of saving reach who takes part, between runs."""
        self._wire("assembly")
        self._stage = "init"
