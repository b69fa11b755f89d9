"""Saving: a ``.ckpt`` file of a run, written at its call."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from groundwire_lightning.checkpoints import io
from groundwire_lightning.loops import saved
from groundwire_lightning.strategies.processes import wait_for_processes

if TYPE_CHECKING:
    from groundwire_lightning.trainer.answering import Answering


def write_run(
    trainer: Answering, filepath: str | PathLike[str] | None, weights_only: bool, storage_options: Any
) -> None:
    """Write what there is of a run into a file; every process has to call it.

    Args:
        trainer: Whose run.
        filepath: The file.
        weights_only: Leave callbacks, optimizers and schedulers out.
        storage_options: For a ``CheckpointIO`` of one's own.

    Raises:
        AttributeError: The Trainer knows no module yet.
        CheckpointError: It cannot be written.
    """
    if filepath is None:
        raise TypeError("save_checkpoint: filepath= is missing, where the file goes")
    io.check_path(trainer.strategy._checkpoint_io, filepath, storage_options)
    if trainer.model is None:
        raise AttributeError(
            f"save_checkpoint({str(filepath)!r}): the trainer knows no module yet; fit, validate, test or predict "
            "gives it one"
        )
    if not trainer._is_running:
        trainer._wire_idle()
    state = saved.dumped(trainer, weights_only)
    if trainer.is_global_zero:
        io.write_checkpoint(trainer.strategy._checkpoint_io, state, filepath, storage_options)
    wait_for_processes(trainer)
