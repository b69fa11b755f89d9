"""Methods of the Trainer that save and load."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from groundwire.checks import path
from groundwire.measured.time_ledger import account_for
from groundwire.saved import checkpoint, training_state

if TYPE_CHECKING:
    from groundwire.running import Running


class Saves:
    """Checkpoints, and the training states that a run goes on from."""

    def save_checkpoint(
        self: Running,
        save_path: str | PathLike[str],
        checkpoint_kwargs: dict[str, Any] | None = None,
        save_optimizer: bool = True,
        save_scheduler: bool = True,
        save_per_node: bool = True,
    ) -> None:
        """Write model, optimizer and scheduler into one file, whole or not at all.

        Args:
            save_path: The file, or its URL.
            checkpoint_kwargs: Further entries: tensors and plain Python values.
            save_optimizer: False leaves the optimizer out.
            save_scheduler: False leaves the scheduler out.
            save_per_node: True writes one file a machine, False one altogether.

        Raises:
            CheckpointError: The file cannot be written, or could not be loaded again.
            TypeError: ``save_path`` is no path, or ``checkpoint_kwargs`` no dictionary.
            ValueError: A further entry has the name of one that is there already.
        """
        path("save_path", save_path)
        state = checkpoint.with_extras(checkpoint.state_of(self, save_optimizer, save_scheduler), checkpoint_kwargs)
        self.plan._save_state(state)
        if self._accelerator.is_local_main_process if save_per_node else self._accelerator.is_main_process:
            with account_for(self.at.spent, "saving"):
                checkpoint.write(save_path, state)

    def load_checkpoint(
        self: Running, checkpoint_path: str | PathLike[str], load_optimizer: bool = True, load_scheduler: bool = True
    ) -> dict[str, Any]:
        """Load what :meth:`save_checkpoint` wrote, and return all of it.

        Args:
            checkpoint_path: The file, or its URL.
            load_optimizer: False leaves the optimizer as it is.
            load_scheduler: False leaves the scheduler as it is.

        Raises:
            CheckpointError: There is no whole checkpoint, or it is that of another model or optimizer.
            TypeError: ``checkpoint_path`` is no path.
        """
        path("checkpoint_path", checkpoint_path)
        state = checkpoint.read(checkpoint_path)
        checkpoint.apply(self, state, load_optimizer, load_scheduler, checkpoint_path)
        self.plan._load_state(state)
        return state

    def save_training_state(
        self: Running, output_dir: str | PathLike[str], checkpoint_kwargs: dict[str, Any] | None = None
    ) -> None:
        """Write all that ``train(resume_from=output_dir)`` needs to go on as if the run had never stopped.

        Weights, optimizer, scheduler and scaler; every random state; the place in the epoch, with the
        loss and the gradients so far; the run history; and the state of each callback that has
        ``state_dict`` and ``load_state_dict``. Call it between runs, or from ``on_train_update_end``,
        ``on_train_epoch_end``, ``on_eval_epoch_end`` or ``on_training_run_epoch_end``; a callback
        that does belongs behind those whose state it saves. A resumed run goes on with what follows
        that event. One process.

        Args:
            output_dir: A folder, or its URL; in it the state of an earlier call is replaced, whole or not at all.
            checkpoint_kwargs: Further entries, which :meth:`load_training_state` returns: tensors and
                plain Python values.

        Raises:
            CheckpointError: Called in the middle of a batch or an evaluation, with several processes,
                or with something that could not be loaded again; or the folder cannot be written.
        """
        path("output_dir", output_dir)
        extras = checkpoint.with_extras({}, checkpoint_kwargs)
        with account_for(self.at.spent, "saving"):
            training_state.save_training_state(self, output_dir, extras)

    def load_training_state(self: Running, input_dir: str | PathLike[str]) -> dict[str, Any]:
        """Load what :meth:`save_training_state` wrote, except for the place in the epoch.

        ``train(resume_from=...)`` goes on from that place too, and does not need this method.

        Args:
            input_dir: The folder, or its URL.

        Returns:
            ``current_epoch``, and the entries of ``checkpoint_kwargs``.

        Raises:
            CheckpointError: There is no whole training state, or it is that of another model.
        """
        path("input_dir", input_dir)
        return training_state.load_training_state(self, input_dir)

    def _save_state(self, state: dict[str, Any]) -> None:
        """Add to a checkpoint what belongs in it; override it, or attach a row."""

    def _load_state(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`_save_state` added."""
