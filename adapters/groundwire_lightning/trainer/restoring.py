"""Restoring: from which checkpoint a run begins, and when it gives back what."""

from __future__ import annotations

import logging
from typing import Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.checkpoints import io
from groundwire_lightning.checkpoints.reading import load_weights
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.loops import saved, saved_counters
from groundwire_lightning.loops.progress import Restart
from groundwire_lightning.trainer.parts import Parted, PartOf
from groundwire_lightning.trainer.which_checkpoint import chosen_checkpoint
from groundwire_lightning.utilities.console import tell

log = logging.getLogger(__name__)


class Restoring(PartOf[Parted]):
    """Gives a run what a checkpoint holds: first the weights, later what belongs to loops and optimizers.

    Attributes:
        path: The checkpoint that the last run began from, or the next one will.
        restart: Where in an epoch the run goes on; None from its first update on.
        loader_states: Those of the training loaders in the checkpoint.
        loaded: The checkpoint, from the one moment of restoring until the other.
    """

    def __init__(self, trainer: Parted) -> None:
        super().__init__(trainer)
        self.path: Any = None
        self.restart: Restart | None = None
        self.loader_states: list[Any] = []
        self.loaded: dict[str, Any] = {}
        self._was_set = False
        self._trusts: bool | None = None

    def begin_from(self, path: Any) -> None:
        """Take a checkpoint that was set on the Trainer, for calls that name none."""
        self.path, self._was_set = path, bool(path)

    def choose(self, entry: TrainerFn, ckpt_path: Any, weights_only: bool | None, has_model: bool) -> None:
        """Decide from which checkpoint a call begins.

        Args:
            entry: The entry point that was called.
            ckpt_path: What it was given.
            weights_only: Likewise.
            has_model: It was given a module.
        """
        self.restart, self.loader_states = None, []
        if not has_model and self.trainer.lightning_module is None:
            return  # an error follows
        if self._was_set and not ckpt_path:
            path = self.path
        else:
            self._was_set = False
            path = chosen_checkpoint(self.trainer, entry.value, ckpt_path, has_model)
        self.path, self._trusts = path, weights_only

    def restore_module(self) -> None:
        """Read the checkpoint, and give module, data module and callbacks what is theirs."""
        trainer = self.trainer
        if self.path:
            tell(log, "Restoring from %s", self.path)
            self.loaded = io.load_checkpoint(trainer.strategy._checkpoint_io, self.path, self._trusts)
            saved.check_saved(self.path, self.loaded, trainer._purpose == TrainerFn.FITTING)
            self._warn_of_strangers(self.loaded.get("callbacks") or {})
            trainer.plan._load_state(self.loaded)
        if trainer._purpose == TrainerFn.FITTING:  # native callbacks count from here on, before the loops are restored
            trainer.at.update = int(self.loaded.get("global_step", trainer.progress.steps))
            trainer.at.epoch = int(self.loaded.get("epoch", trainer.progress.epochs))

    def load_module(self, weights: dict[str, Any]) -> None:
        """Load the weights of a checkpoint into the module."""
        module = self.trainer.lightning_module
        load_weights(module, weights, getattr(module, "strict_loading", True), str(self.path))

    def _warn_of_strangers(self, states: dict[str, Any]) -> None:
        callbacks = self.trainer.callbacks
        known = {str(callback.state_key) for callback in callbacks if hasattr(callback, "state_key")}
        known |= {type(callback).__qualname__ for callback in callbacks}
        if strangers := [str(key) for key in states if key not in known]:
            rank_zero_warn(
                f"{self.path} holds the states of callbacks that this trainer does not have, or has with other "
                f"arguments: {', '.join(strangers)}"
            )

    def restore_training(self) -> None:
        """Give loops, optimizers and schedulers what the checkpoint holds of them, and let go of it."""
        state, self.loaded = self.loaded, {}
        if not state:
            return
        trainer = self.trainer
        saved.restore_precision(trainer, state)
        fits = trainer._purpose == TrainerFn.FITTING
        if fits:
            saved.restore_training(trainer, state)
        else:
            saved_counters.taken_of_other(trainer.progress, trainer._purpose.value, state.get("loops", {}))
        tell(log, "%s restored from %s", "Everything is" if fits else "The weights are", self.path)

    def restore(self, path: Any, weights_only: bool | None) -> None:
        """Give back all that a checkpoint holds at once; a run under way goes on from where it is.

        Args:
            path: The file.
            weights_only: As for ``fit``.
        """
        outer = self.path, self._trusts, self.restart
        self.path, self._trusts = path, weights_only
        try:
            self.trainer.restore_module()
            self.trainer.restore_training()
        finally:
            self.path, self._trusts, self.restart = outer
