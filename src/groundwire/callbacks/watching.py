"""The best value of one metric, compared after every epoch; and questions that callbacks ask of a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from groundwire.callbacks.base import TrainerCallback
from groundwire.checks import flag, text
from groundwire.errors import did_you_mean
from groundwire.request import TrainRequest

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["MetricWatcher", "callbacks_of", "is_resumed", "processes_of"]

OF_EVALUATION = "eval_loss_epoch"


class MetricWatcher(TrainerCallback):
    """Remembers the best value of a metric; what follows from it, a subclass says.

    Args:
        watch_metric: Full name of the metric in the run history.
        greater_is_better: False where less is better, as for a loss.
        reset_on_train: False goes on comparing with the best of earlier runs.

    Attributes:
        best_metric: The best value so far; ``None`` before the first, and never NaN.
        best_metric_epoch: The epoch it was recorded in.
    """

    def __init__(self, watch_metric: str, greater_is_better: bool, reset_on_train: bool) -> None:
        self.watch_metric = text("watch_metric", watch_metric)
        self.greater_is_better = flag("greater_is_better", greater_is_better)
        self.reset_on_train = flag("reset_on_train", reset_on_train)
        self.best_metric: float | None = None
        self.best_metric_epoch: int | None = None

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Forget earlier runs, unless this one takes up where another stopped.

        Raises:
            ValueError: The metric is the evaluation loss and there is no data to evaluate on.
        """
        if self.reset_on_train and not is_resumed(trainer):
            self.forget()
        missing = self.watch_metric == OF_EVALUATION and getattr(trainer, "_eval_dataloader", self) is None
        if missing and OF_EVALUATION not in trainer.run_history.get_metric_names():
            raise ValueError(
                f"{type(self).__name__}: watch_metric={OF_EVALUATION!r} will not be recorded, since the run has no "
                "eval_dataset. Give one to train(), or watch a metric of training such as 'train_loss_epoch'"
            )

    def forget(self) -> None:
        """Start over without a best value."""
        self.best_metric = None
        self.best_metric_epoch = None

    def latest(self, trainer: Trainer) -> float:
        """The latest value of the metric; in every process it is the one that the main process recorded.

        Raises:
            TypeError: It is not a number.
            ValueError: Nothing was recorded for it.
        """
        if processes_of(trainer) == 1:
            return self._recorded(trainer)
        from accelerate.utils import broadcast

        accelerator = trainer._accelerator

        # were each to judge by its own value, some would stop or save and the others would wait for them
        value = self._recorded(trainer) if accelerator.is_main_process else 0.0
        kind = torch.float32 if trainer.device.type == "mps" else torch.float64
        return float(broadcast(torch.tensor(value, dtype=kind, device=trainer.device)))

    def _recorded(self, trainer: Trainer) -> float:
        history = trainer.run_history
        known = sorted(history.get_metric_names())
        if self.watch_metric not in known:
            raise ValueError(
                f"{type(self).__name__}: watch_metric={self.watch_metric!r} was not recorded."
                f"{did_you_mean(self.watch_metric, known)} Recorded: {', '.join(map(repr, known)) or 'no metric yet'}"
            )
        value = history.get_latest_metric(self.watch_metric)
        try:
            return float("" if isinstance(value, str) else value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise TypeError(
                f"{type(self).__name__}: the latest {self.watch_metric!r} is {value!r}; only a number can be compared"
            ) from error

    def keep_if_better(self, trainer: Trainer, value: float, by_more_than: float = 0.0) -> bool:
        """Take ``value`` as the best one, if it is better than what was; NaN never is.

        Args:
            trainer: The Trainer, which knows the epoch.
            value: The latest value.
            by_more_than: How much better it has to be.
        """
        if math.isnan(value):
            return False
        if self.best_metric is not None:
            gain = value - self.best_metric if self.greater_is_better else self.best_metric - value
            if not gain > by_more_than:
                return False
        self.best_metric = value
        self.best_metric_epoch = trainer.run_history.current_epoch
        return True

    def state_dict(self) -> dict[str, Any]:
        """The best value and its epoch, which have to survive a resume."""
        return {"best_metric": self.best_metric, "best_metric_epoch": self.best_metric_epoch}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""
        self.best_metric = state_dict["best_metric"]
        self.best_metric_epoch = state_dict["best_metric_epoch"]


def is_resumed(trainer: Trainer) -> bool:
    """True if the run takes up a saved training state, so that callbacks keep what they were given back."""
    request = getattr(trainer, "_request", None)
    return isinstance(request, TrainRequest) and request.resume_from is not None


def processes_of(trainer: Trainer) -> int:
    """The number of processes that train together; one where a stand-in for a Trainer does not say."""
    number = getattr(getattr(trainer, "_accelerator", None), "num_processes", 1)
    return number if isinstance(number, int) else 1


def callbacks_of(trainer: Trainer) -> list[Any]:
    """All callbacks of the run, in order; none where a stand-in for a Trainer has no list."""
    handler = getattr(trainer, "callback_handler", None)
    return list(handler) if isinstance(handler, Iterable) else []
