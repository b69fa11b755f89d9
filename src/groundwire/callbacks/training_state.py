"""Training states, saved every so often for a run to be resumed from; the oldest are deleted."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.base import TrainerCallback
from groundwire.callbacks.watching import callbacks_of, is_resumed
from groundwire.checks import flag, folder_here, whole, writable
from groundwire.saved.whole_files import clear, workplace

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["SaveTrainingStateCallback"]

SAVED_AT = ("on_train_update_end", "on_training_run_epoch_end")
NAMES = r"step_\d+|epoch_\d+|final"
Stamp = list[int]
"""What tells a folder from another one that took its name: inode, and time of the last change within."""


class SaveTrainingStateCallback(TrainerCallback):
    """Saves training states, each in a folder of its own, for ``train(resume_from=…)``.

    ``epoch_3`` is the state after epoch 3 and its evaluation, ``step_300`` that after optimizer update
    300 of the run, ``final`` what the Trainer holds as the run ends. A folder of that name which an
    earlier run left is replaced.

    With ``max_checkpoints`` the oldest are deleted, once a newer one is whole. Only what this callback
    wrote counts, before a resume too; a folder that was replaced or added to since is left alone.

    Place it after callbacks that keep a state of their own, such as
    :class:`~groundwire.callbacks.SaveBestModelCallback`, so that what they learnt from an epoch is in its state.

    Args:
        save_dir: The folder that they are written to.
        save_every_n_epochs: After how many epochs; ``None`` for never.
        save_every_n_steps: After how many optimizer updates; ``None`` for never.
        save_at_end: False saves nothing as the run ends.
        max_checkpoints: How many to keep; ``None`` for all.

    Raises:
        TypeError: An argument of the wrong kind.
        ValueError: An argument out of range.
    """

    def __init__(
        self,
        save_dir: str | PathLike[str] = "training_states",
        save_every_n_epochs: int | None = None,
        save_every_n_steps: int | None = None,
        save_at_end: bool = True,
        max_checkpoints: int | None = None,
    ) -> None:
        self.save_dir = folder_here("save_dir", save_dir)
        self.save_every_n_epochs = _optional("save_every_n_epochs", save_every_n_epochs)
        self.save_every_n_steps = _optional("save_every_n_steps", save_every_n_steps)
        self.save_at_end = flag("save_at_end", save_at_end)
        self.max_checkpoints = _optional("max_checkpoints", max_checkpoints)
        self._updates = 0
        self._written: dict[str, Stamp | None] = {}

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Count updates from 0, or from where a resumed run left off.

        Raises:
            ValueError: Nothing can be written to the folder, or another callback writes to it.
        """
        if not is_resumed(trainer):
            self._updates = 0
        writable("save_dir", self.save_dir, folder=True)
        if any(_writes_to(other, self.save_dir) for other in callbacks_of(trainer) if other is not self):
            raise ValueError(
                f"{type(self).__name__}: save_dir={str(self.save_dir)!r} is that of another callback of this class, "
                "and each would overwrite what the other saved; give each its own"
            )
        self._warn_of_those_behind(trainer)
        if getattr(getattr(trainer, "_accelerator", None), "is_main_process", True):
            clear(self.save_dir, NAMES)

    def on_train_update_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Save, if an update makes it due."""
        self._updates += 1
        if self.save_every_n_steps is not None and self._updates % self.save_every_n_steps == 0:
            self._save(trainer, f"step_{self._updates}")

    def on_training_run_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Save, if an epoch makes it due."""
        epoch = trainer.run_history.current_epoch
        if self.save_every_n_epochs is not None and epoch % self.save_every_n_epochs == 0:
            self._save(trainer, f"epoch_{epoch}")

    def on_training_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Save what the run came to."""
        if self.save_at_end:
            self._save(trainer, "final")

    def state_dict(self) -> dict[str, Any]:
        """Updates so far and the folders written, which have to survive a resume."""
        return {"updates": self._updates, "written": dict(self._written)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""
        self._updates = state_dict["updates"]
        self._written = dict(state_dict["written"])

    def _warn_of_those_behind(self, trainer: Trainer) -> None:
        callbacks = callbacks_of(trainer)
        behind = callbacks[callbacks.index(self) + 1 :] if self in callbacks else []
        late = [other for other in behind if any(callable(getattr(other, event, None)) for event in SAVED_AT)]
        stateful = [other for other in late if hasattr(other, "state_dict") and not isinstance(other, type(self))]
        often = self.save_every_n_epochs is not None or self.save_every_n_steps is not None
        if stateful and often and trainer._accelerator.is_main_process:
            names = ", ".join(type(other).__name__ for other in stateful)
            warnings.warn(
                f"{type(self).__name__} stands before {names} in callbacks=, so it saves before they hear of an update "
                "or an epoch, and a resumed run would lack what they made of it. Put it behind them",
                stacklevel=2,
            )

    def _save(self, trainer: Trainer, name: str) -> None:
        folder = self.save_dir / name
        self._stamp_resumed(trainer)
        before = dict(self._written)
        self._written.pop(name, None)
        self._written[name] = None  # the state that is being saved tells of itself, without a stamp yet
        try:
            trainer.save_training_state(folder, checkpoint_kwargs={"global_step": self._updates})
        except BaseException:
            self._written = before
            raise
        self._written[name] = _stamp(folder)
        trainer.print(f"Saved the training state {folder}")
        self._delete_oldest(trainer)

    def _stamp_resumed(self, trainer: Trainer) -> None:
        """Add the stamp of the folder that the run was resumed from, whose own list could not hold it yet."""
        resumed_from = trainer._request.resume_from if is_resumed(trainer) else None  # type: ignore[union-attr]
        for name in [name for name, stamp in self._written.items() if stamp is None]:
            folder = self.save_dir / name
            if resumed_from is not None and folder.exists() and folder.samefile(resumed_from):
                self._written[name] = _stamp(folder)

    def _delete_oldest(self, trainer: Trainer) -> None:
        while self.max_checkpoints is not None and len(self._written) > self.max_checkpoints:
            name = next(iter(self._written))
            stamp, folder = self._written.pop(name), self.save_dir / name
            if trainer._accelerator.is_main_process and stamp is not None and stamp == _stamp(folder):
                _delete(trainer, folder)


def _delete(trainer: Trainer, folder: Path) -> None:
    try:
        # moved away first: what is half deleted must not look like a state
        with workplace(folder) as doomed:
            folder.replace(doomed / folder.name)
    except OSError as error:
        trainer.print(f"The old training state {folder} could not be deleted: {error}")


def _writes_to(callback: Any, folder: Path) -> bool:
    return isinstance(callback, SaveTrainingStateCallback) and callback.save_dir.absolute() == folder.absolute()


def _optional(name: str, value: int | None) -> int | None:
    return None if value is None else whole(name, value)


def _stamp(folder: Path) -> Stamp | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return [status.st_ino, status.st_mtime_ns]
