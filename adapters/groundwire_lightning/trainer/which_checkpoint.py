"""The checkpoint that an entry point begins from: a path, ``"best"``, ``"last"``, ``"hpc"``, or what a call implies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.checkpoints import files

if TYPE_CHECKING:
    from groundwire_lightning.trainer.parts import Parted


def chosen_checkpoint(trainer: Parted, entry: str, ckpt_path: Any, model_given: bool) -> Any:
    """The path of the checkpoint to begin from, or None.

    Args:
        trainer: The trainer.
        entry: The entry point.
        ckpt_path: What it was given.
        model_given: It was given a module, whose weights are used where no path was given.

    Raises:
        ValueError: There is no such checkpoint.
    """
    from groundwire_lightning.callbacks.on_exception_checkpoint import OnExceptionCheckpoint

    rescues = [callback for callback in trainer.callbacks if isinstance(callback, OnExceptionCheckpoint)]
    if ckpt_path is None and _is_requeued() and newest_hpc(trainer.default_root_dir) is not None:
        ckpt_path = "hpc"
    if ckpt_path is None and rescues and entry == "fit":
        ckpt_path = "last"
    if ckpt_path is None:
        if model_given:
            return None
        ckpt_path = "best"
        rank_zero_warn(
            f"{entry}() was given no module, so the best checkpoint of the last fit is loaded; say so with "
            f"ckpt_path='best', or pass the module to use it as it is"
        )
    if ckpt_path == "best":
        return _best(trainer, entry)
    if ckpt_path == "last":
        return _last(trainer, entry, rescues)
    if ckpt_path == "hpc":
        if (path := newest_hpc(trainer.default_root_dir)) is None:
            raise ValueError(f"{entry}(ckpt_path='hpc'): there is no hpc_ckpt_*.ckpt in {trainer.default_root_dir}")
        return path
    if not ckpt_path:
        raise ValueError(f"{entry}(ckpt_path={ckpt_path!r}): a path, 'best', 'last' or 'hpc' is due")
    return ckpt_path


def newest_hpc(folder: str) -> str | None:
    """The checkpoint that a job of a cluster left in ``default_root_dir``.

    Args:
        folder: That folder.
    """
    return files.newest_numbered(str(folder), "hpc_ckpt_", ".ckpt")


def _is_requeued() -> bool:
    return "SLURM_NTASKS" in os.environ and os.environ.get("SLURM_JOB_NAME") not in ("bash", "interactive")


def _best(trainer: Parted, entry: str) -> str:
    asked = f"{entry}(ckpt_path='best')"
    writers = trainer.checkpoint_callbacks
    if not writers:
        raise ValueError(f"{asked}: no callback writes checkpoints; add a ModelCheckpoint to callbacks=")
    if len(writers) > 1:
        rank_zero_warn(f"{asked}: {len(writers)} callbacks write checkpoints; the best one of the first is loaded")
    path: str | None = getattr(writers[0], "best_model_path", None)
    if path:
        return path
    if getattr(trainer, "fast_dev_run", False):
        raise ValueError(f"{asked}: with fast_dev_run nothing is saved; pass the path of a checkpoint")
    raise ValueError(f"{asked}: {type(writers[0]).__name__} has written none yet; fit first, or pass a path")


def _last(trainer: Parted, entry: str, rescues: list[Any]) -> str | None:
    candidates = {str(callback.ckpt_path) for callback in rescues}
    for callback in trainer.checkpoint_callbacks:
        if hasattr(callback, "_find_last_checkpoints"):
            candidates |= callback._find_last_checkpoints(trainer)
    there = [path for path in candidates if files.exists(path)]
    if not there:
        rank_zero_warn(
            f"{entry}(ckpt_path='last'): there is none yet, so the run begins anew; "
            "ModelCheckpoint(save_last=True) writes it"
        )
        return None
    return max(there, key=files.modified)
