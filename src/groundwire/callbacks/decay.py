"""Checkpoints of a schedule that decays before each of them: one before each decay and one after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.base import TrainerCallback
from groundwire.callbacks.watching import is_resumed
from groundwire.checks import flag, folder_here, writable

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["WSDCheckpointCallback"]

NEEDED = ("get_checkpoint_steps", "get_phase_info", "get_current_step")


class WSDCheckpointCallback(TrainerCallback):
    """Saves what a :class:`~groundwire.schedulers.WSDLrScheduler` is made for: models before and after each decay.

    As a decay begins, the training state is saved in ``checkpoint_<updates>_wsd_pre_decay``, a folder to
    train on from at the full learning rate. As it ends, the model is saved in
    ``checkpoint_<updates>_wsd_post_decay.pt``, a file to use or fine-tune, or to train on from too (WSD-S).

    To train on, give one of them as ``initial_checkpoint`` and a scheduler made with
    ``is_continuation_from_checkpoint=True``. Names then count the updates of the earlier run as well.

    Args:
        save_dir: The folder that they are written to.
        save_optimizer: False leaves the optimizer out of the files after a decay.
        save_scheduler: False leaves the scheduler out of them.
        initial_checkpoint: What to load as the run starts: a folder or a file that such a callback
            saved. A run that is resumed does not load it again.

    Attributes:
        last_checkpoint_step: Updates made when it last saved or loaded; ``None`` before.

    Raises:
        TypeError: An argument of the wrong kind.
        ValueError: A path is empty.
    """

    def __init__(
        self,
        save_dir: str | PathLike[str] = "checkpoints",
        save_optimizer: bool = True,
        save_scheduler: bool = True,
        initial_checkpoint: str | PathLike[str] | None = None,
    ) -> None:
        self.save_dir = folder_here("save_dir", save_dir)
        self.save_optimizer = flag("save_optimizer", save_optimizer)
        self.save_scheduler = flag("save_scheduler", save_scheduler)
        self.initial_checkpoint = (
            None if initial_checkpoint is None else folder_here("initial_checkpoint", initial_checkpoint)
        )
        self.last_checkpoint_step: int | None = None
        self._earlier = 0

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Look at the scheduler, and load the initial checkpoint.

        Raises:
            ValueError: The scheduler does not say when it decays, nothing can be written to the
                folder, or there is no initial checkpoint where one was named.
        """
        scheduler = trainer.scheduler
        missing = [name for name in NEEDED if not hasattr(scheduler, name)]
        if missing:
            due = "a WSDLrScheduler, or one that has " + ", ".join(NEEDED)
            present = "none" if scheduler is None else f"{type(scheduler).__name__} without {', '.join(missing)}"
            raise ValueError(f"{type(self).__name__}: as scheduler of the run {due} is due; there is {present}")
        writable("save_dir", self.save_dir, folder=True)
        if is_resumed(trainer):
            return
        self.last_checkpoint_step, self._earlier = None, 0
        if self.initial_checkpoint is not None:
            self._load(trainer, self.initial_checkpoint)

    def on_train_update_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Save, if a decay begins or ends with this update."""
        updates = _updates(trainer)
        phase = trainer.scheduler.get_phase_info(updates)
        step = self._earlier + updates
        if updates == phase["pre_decay_step"]:
            self.last_checkpoint_step = step
            about = self._about(trainer, "wsd_pre_decay")
            trainer.save_training_state(self.save_dir / f"checkpoint_{step}_wsd_pre_decay", checkpoint_kwargs=about)
        if updates == phase["period_end"]:
            self.last_checkpoint_step = step
            trainer.save_checkpoint(
                self.save_dir / f"checkpoint_{step}_wsd_post_decay.pt",
                checkpoint_kwargs=self._about(trainer, "wsd_post_decay"),
                save_optimizer=self.save_optimizer,
                save_scheduler=self.save_scheduler,
            )

    def state_dict(self) -> dict[str, Any]:
        """Updates made at the last checkpoint and before this run, which have to survive a resume."""
        return {"last_checkpoint_step": self.last_checkpoint_step, "earlier": self._earlier}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""
        self.last_checkpoint_step = state_dict["last_checkpoint_step"]
        self._earlier = state_dict["earlier"]

    def _load(self, trainer: Trainer, place: Path) -> None:
        if not place.exists():
            raise ValueError(f"initial_checkpoint: there is no checkpoint at {place}")
        load = trainer.load_training_state if place.is_dir() else trainer.load_checkpoint
        step = load(place).get("step")
        self.last_checkpoint_step = step
        # a scheduler that goes on with its own count has those updates in it already
        self._earlier = 0 if step is None else max(0, step - _updates(trainer))

    def _about(self, trainer: Trainer, kind: str) -> dict[str, Any]:
        return {
            "step": self.last_checkpoint_step,
            "checkpoint_type": kind,
            "total_steps": max(trainer.scheduler.get_checkpoint_steps()),
            "decay_fraction": getattr(trainer.scheduler, "decay_phase_ratio", None),
            "timestamp": datetime.now(timezone.utc).isoformat(),
        }


def _updates(trainer: Trainer) -> int:
    """Updates that the schedule counts so far: the rate in force is that of one less."""
    return int(trainer.scheduler.get_current_step()) + 1
