"""A Trainer for the schedulers of timm, which are moved on otherwise than torch's."""

from __future__ import annotations

from typing import Any

from groundwire.request import EvaluateRequest
from groundwire.trainer.trainer import Trainer

__all__ = ["TrainerWithTimmScheduler"]


class TrainerWithTimmScheduler(Trainer):
    """A Trainer for the schedulers of timm, which are told how many updates and how many epochs were made.

    ``scheduler.step_update(num_updates=…)`` follows each optimizer update, ``scheduler.step(epoch)`` each
    epoch, after its evaluation where there is one. Both count from 1 and over all runs that the run
    history tells of.

    Attributes:
        num_updates: Optimizer updates that its scheduler was told of; None before the first run.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.num_updates: int | None = None

    def create_scheduler(self) -> Any:
        """Build the scheduler as the Trainer does, and refuse one of torch.

        Raises:
            TypeError: The scheduler is none of timm's kind.
        """
        scheduler = super().create_scheduler()
        if scheduler is not None and not callable(getattr(scheduler, "step_update", None)):
            raise TypeError(
                f"{type(self).__name__}: a scheduler with step_update(num_updates) and step(epoch) is due, and "
                f"create_scheduler made a {type(scheduler).__name__}; the plain Trainer steps schedulers of torch"
            )
        return scheduler

    def training_run_start(self) -> None:
        """Called when everything is prepared; counts updates from where a resumed run left off."""
        super().training_run_start()
        self._count_updates()

    def train_epoch_start(self) -> None:
        """Called at the start of a training epoch; puts the model in train mode and counts updates."""
        super().train_epoch_start()
        self._count_updates()

    def _count_updates(self) -> None:
        epochs_before_this_run = self.run_history.current_epoch - max(self.at.epoch, 1)
        steps = self.run_config.num_update_steps_per_epoch or 0
        self.num_updates = epochs_before_this_run * steps + self.at.update

    def scheduler_step(self) -> None:
        """Tell the scheduler of an update."""
        self.num_updates = (self.num_updates or 0) + 1
        if self.scheduler is not None:
            self.scheduler.step_update(num_updates=self.num_updates)

    def eval_epoch_end(self) -> None:
        """Tell the scheduler of an epoch, when its evaluation is done."""
        super().eval_epoch_end()
        within_an_epoch = self.at.ahead == "train" or isinstance(self._request, EvaluateRequest)
        if self.scheduler is not None and not within_an_epoch:
            self.scheduler.step(self.run_history.current_epoch)

    def training_run_epoch_end(self) -> None:
        """Tell the scheduler of an epoch that was not evaluated."""
        super().training_run_epoch_end()
        if self.scheduler is not None and self._eval_dataloader is None:
            self.scheduler.step(self.run_history.current_epoch)
