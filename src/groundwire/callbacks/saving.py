"""Checkpoints of the best epoch, and its weights at the end of a run."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.watching import OF_EVALUATION, MetricWatcher, callbacks_of, processes_of
from groundwire.checks import flag, path, writable
from groundwire.saved import storage

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["SaveBestModelCallback"]


class SaveBestModelCallback(MetricWatcher):
    """Writes a checkpoint whenever a metric is better than before, and loads the best one as the run ends.

    The checkpoint holds the value of the metric under its name. A run that was stopped before it
    had a best epoch loads nothing. Several of these callbacks may watch several metrics, each with
    a ``save_path`` of its own.

    Args:
        save_path: The file, or its URL.
        watch_metric: Full name of the metric in the run history, looked at after each epoch.
        greater_is_better: False where less is better, as for a loss.
        reset_on_train: False goes on comparing with the best of earlier runs.
        save_optimizer: False leaves the state of the optimizer out.
        save_scheduler: False leaves the state of the scheduler out.
        load_saved_checkpoint: False leaves the model as the last epoch made it.

    Attributes:
        best_metric: The best value so far; ``None`` before the first, and never NaN.
        best_metric_epoch: The epoch it was recorded in.

    Raises:
        TypeError: An argument of the wrong kind.
        ValueError: A name or a path is empty.
    """

    def __init__(
        self,
        save_path: str | PathLike[str] = "best_model.pt",
        watch_metric: str = OF_EVALUATION,
        greater_is_better: bool = False,
        reset_on_train: bool = True,
        save_optimizer: bool = True,
        save_scheduler: bool = True,
        load_saved_checkpoint: bool = True,
    ) -> None:
        super().__init__(watch_metric, greater_is_better, reset_on_train)
        path("save_path", save_path)
        self.save_path = save_path
        self.save_optimizer = flag("save_optimizer", save_optimizer)
        self.save_scheduler = flag("save_scheduler", save_scheduler)
        self.load_saved_checkpoint = flag("load_saved_checkpoint", load_saved_checkpoint)

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Forget earlier runs, and look at where it will be written.

        Raises:
            ValueError: The path cannot be written, another callback writes to it, or the metric
                will not be recorded.
        """
        super().on_training_run_start(trainer, **kwargs)
        if storage.is_url(self.save_path):
            storage.check_store(str(self.save_path))
        else:
            writable("save_path", Path(self.save_path), folder=False)
        for other in callbacks_of(trainer):
            taken = isinstance(other, SaveBestModelCallback) and _spelled_out(other) == _spelled_out(self)
            if taken and other is not self:
                raise ValueError(
                    f"{type(self).__name__}: save_path={str(self.save_path)!r} is that of another "
                    f"{type(other).__name__} too, and each would overwrite what the other saved; give each its own"
                )

    def on_training_run_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Write the checkpoint, if the epoch was the best so far."""
        if self.keep_if_better(trainer, self.latest(trainer)):
            trainer.save_checkpoint(
                self.save_path,
                checkpoint_kwargs={self.watch_metric: self.best_metric},
                save_optimizer=self.save_optimizer,
                save_scheduler=self.save_scheduler,
            )

    def on_training_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Load the best checkpoint."""
        if self.load_saved_checkpoint and self.best_metric is not None:
            trainer.print(
                f"Loading the weights of epoch {self.best_metric_epoch}: {self.watch_metric} {self.best_metric}"
            )
            if processes_of(trainer) > 1:  # one process writes and all read
                trainer._accelerator.wait_for_everyone()
            trainer.load_checkpoint(self.save_path)


def _spelled_out(callback: SaveBestModelCallback) -> str:
    where = callback.save_path
    return str(where) if storage.is_url(where) else str(Path(where).absolute())
