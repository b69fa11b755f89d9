"""The Trainer's side of checkpoints: who writes them, how one is written, and which one a run begins from."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from typing import Any

from groundwire import CheckpointError
from groundwire.errors import rank_zero_warn
from groundwire_lightning.callbacks.of_a_trainer import is_checkpoint, is_early_stopping
from groundwire_lightning.callbacks.on_exception_checkpoint import OnExceptionCheckpoint
from groundwire_lightning.checkpoints import files, io
from groundwire_lightning.checkpoints.reading import load_weights
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.loops import saved, saved_counters
from groundwire_lightning.loops.progress import Progress, Restart
from groundwire_lightning.strategies.processes import together
from groundwire_lightning.trainer.adapter import LightningAdapter


class Checkpoints(LightningAdapter):
    """A LightningAdapter that writes and reads Lightning's ``.ckpt`` files."""

    default_root_dir: str
    fast_dev_run: int | bool
    progress: Progress
    restart: Restart | None
    _told_left_out: set[str]
    _ckpt_path: Any = None
    _ckpt_was_set: bool = False
    _trusts_ckpt: bool | None = None
    _loaded: dict[str, Any] = {}  # noqa: RUF012  # the checkpoint that is being restored
    _loader_states: list[Any]

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
            storage_options: For a ``CheckpointIO`` of one's own; otherwise it must be None.
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
        io.check_path(self.strategy._checkpoint_io, filepath, storage_options)
        if self.model is None:
            raise AttributeError(
                f"save_checkpoint({str(filepath)!r}): the trainer knows no module yet; fit, validate, test or predict "
                "gives it one"
            )
        if not self._is_running:
            self._wire_idle()
        state = saved.dumped(self, bool(weights_only))  # type: ignore[arg-type]
        if self.is_global_zero:
            io.write_checkpoint(self.strategy._checkpoint_io, state, filepath, storage_options)
        together(self)

    # the way back

    @property
    def ckpt_path(self) -> Any:
        """The checkpoint from which the last run began; one that is set is where the next one begins."""
        return self._ckpt_path

    @ckpt_path.setter
    def ckpt_path(self, path: Any) -> None:
        self._ckpt_path, self._ckpt_was_set = path, bool(path)

    def _restore_for(self, entry: TrainerFn, ckpt_path: Any, weights_only: bool | None, has_model: bool) -> None:
        """Decide from which checkpoint a run begins."""
        self.restart, self._loader_states = None, []
        if not has_model and self.lightning_module is None:
            return  # an error follows
        if self._ckpt_was_set and not ckpt_path:
            path = self._ckpt_path
        else:
            self._ckpt_was_set = False
            path = chosen_checkpoint(self, entry.value, ckpt_path, has_model)
        self._ckpt_path, self._trusts_ckpt = path, weights_only

    def restore_module(self) -> None:
        """Read the checkpoint, and give module, data module and callbacks what is theirs."""
        if self._ckpt_path:
            self._loaded = io.load_checkpoint(self.strategy._checkpoint_io, self._ckpt_path, self._trusts_ckpt)
            if "state_dict" not in self._loaded:
                raise CheckpointError(
                    f"{self._ckpt_path} has no 'state_dict', so it is not one of Lightning's files; it holds "
                    f"{', '.join(map(repr, self._loaded)) or 'nothing'}"
                )
            self._warn_of_strangers(self._loaded.get("callbacks") or {})
            self.plan._load_state(self._loaded)

    def _load_state(self, state: dict[str, Any]) -> None:
        if "state_dict" in state:
            strict = getattr(self.lightning_module, "strict_loading", True)
            load_weights(self.lightning_module, state["state_dict"], strict, str(self._ckpt_path))
        else:
            super()._load_state(state)

    def _warn_of_strangers(self, states: dict[str, Any]) -> None:
        known = {str(callback.state_key) for callback in self.callbacks if hasattr(callback, "state_key")}
        known |= {type(callback).__qualname__ for callback in self.callbacks}
        if strangers := [str(key) for key in states if key not in known]:
            rank_zero_warn(
                f"{self._ckpt_path} holds the states of callbacks that this trainer does not have, or has with other "
                f"arguments: {', '.join(strangers)}"
            )

    def restore_training(self) -> None:
        """Give loops, optimizers and schedulers what the checkpoint holds of them, and let go of it."""
        state, self._loaded = self._loaded, {}
        if not state:
            return
        saved.restore_precision(self, state)  # type: ignore[arg-type]  # it is a Trainer
        if self._purpose == "fit":
            saved.restore_training(self, state)  # type: ignore[arg-type]
        else:
            saved_counters.taken_of_other(self.progress, self._purpose.value, state.get("loops", {}))

    def _wire_idle(self) -> None:
        """Let the hooks of saving reach who takes part, between runs."""
        self._wire("assembly")
        self._stage = "init"


def chosen_checkpoint(trainer: Checkpoints, entry: str, ckpt_path: Any, model_given: bool) -> Any:
    """The path of the checkpoint to begin from, or None.

    Args:
        trainer: The trainer.
        entry: The entry point.
        ckpt_path: What it was given.
        model_given: It was given a module, whose weights are used where no path was given.

    Raises:
        ValueError: There is no such checkpoint.
    """
    rescues = [callback for callback in trainer.callbacks if isinstance(callback, OnExceptionCheckpoint)]
    if ckpt_path is None and _is_requeued() and newest_hpc(trainer) is not None:
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
        if (path := newest_hpc(trainer)) is None:
            raise ValueError(f"{entry}(ckpt_path='hpc'): there is no hpc_ckpt_*.ckpt in {trainer.default_root_dir}")
        return path
    if not ckpt_path:
        raise ValueError(f"{entry}(ckpt_path={ckpt_path!r}): a path, 'best', 'last' or 'hpc' is due")
    return ckpt_path


def newest_hpc(trainer: Checkpoints) -> str | None:
    """The checkpoint that a job of a cluster left in ``default_root_dir``."""
    return files.newest_numbered(str(trainer.default_root_dir), "hpc_ckpt_", ".ckpt")


def _is_requeued() -> bool:
    return "SLURM_NTASKS" in os.environ and os.environ.get("SLURM_JOB_NAME") not in ("bash", "interactive")


def _best(trainer: Checkpoints, entry: str) -> str:
    asked = f"{entry}(ckpt_path='best')"
    found = trainer.checkpoint_callbacks
    if not found:
        raise ValueError(f"{asked}: no callback writes checkpoints; add a ModelCheckpoint to callbacks=")
    if len(found) > 1:
        rank_zero_warn(f"{asked}: {len(found)} callbacks write checkpoints; the best one of the first is loaded")
    path: str | None = getattr(found[0], "best_model_path", None)
    if path:
        return path
    if trainer.fast_dev_run:
        raise ValueError(f"{asked}: with fast_dev_run nothing is saved; pass the path of a checkpoint")
    raise ValueError(f"{asked}: {type(found[0]).__name__} has written none yet; fit first, or pass a path")


def _last(trainer: Checkpoints, entry: str, rescues: list[Any]) -> str | None:
    candidates = {str(callback.ckpt_path) for callback in rescues}
    for callback in trainer.checkpoint_callbacks:
        if hasattr(callback, "_find_last_checkpoints"):
            candidates |= callback._find_last_checkpoints(trainer)
    there = [path for path in candidates if Path(path).exists()]
    if not there:
        rank_zero_warn(
            f"{entry}(ckpt_path='last'): there is none yet, so the run begins anew; "
            "ModelCheckpoint(save_last=True) writes it"
        )
        return None
    return max(there, key=lambda path: Path(path).stat().st_mtime)
