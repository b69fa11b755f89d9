"""The Trainer's side of checkpoints: who writes them, how one is written, and which one a run begins from."""

from __future__ import annotations

import logging
from os import PathLike
from typing import Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.callbacks.of_a_trainer import is_checkpoint, is_early_stopping
from groundwire_lightning.checkpoints import io
from groundwire_lightning.checkpoints.reading import load_weights
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.loops import saved, saved_counters
from groundwire_lightning.loops.progress import Progress, Restart
from groundwire_lightning.strategies.processes import together
from groundwire_lightning.trainer.adapter import LightningAdapter
from groundwire_lightning.trainer.which_checkpoint import chosen_checkpoint
from groundwire_lightning.utilities.console import tell

log = logging.getLogger(__name__)


class Checkpoints(LightningAdapter):
    """A LightningAdapter that writes and reads Lightning's ``.ckpt`` files."""

    default_root_dir: str
    fast_dev_run: int | bool
    progress: Progress
    restart: Restart | None
    _told_foreign: set[str]
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
            path = chosen_checkpoint(self, entry.value, ckpt_path, has_model)  # type: ignore[arg-type]  # it is a Trainer
        self._ckpt_path, self._trusts_ckpt = path, weights_only

    def restore_module(self) -> None:
        """Read the checkpoint, and give module, data module and callbacks what is theirs."""
        if self._ckpt_path:
            tell(log, "Restoring from %s", self._ckpt_path)
            self._loaded = io.load_checkpoint(self.strategy._checkpoint_io, self._ckpt_path, self._trusts_ckpt)
            saved.check_saved(self._ckpt_path, self._loaded, self._purpose == TrainerFn.FITTING)
            self._warn_of_strangers(self._loaded.get("callbacks") or {})
            self.plan._load_state(self._loaded)
        if self._purpose == TrainerFn.FITTING:  # native callbacks count from here on, before the loops are restored
            self.at.update = int(self._loaded.get("global_step", self.progress.steps))
            self.at.epoch = int(self._loaded.get("epoch", self.progress.epochs))

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
        what = "Everything is" if self._purpose == "fit" else "The weights are"
        tell(log, "%s restored from %s", what, self._ckpt_path)

    def _wire_idle(self) -> None:
        """Let the hooks of saving reach who takes part, between runs."""
        self._wire("assembly")
        self._stage = "init"
