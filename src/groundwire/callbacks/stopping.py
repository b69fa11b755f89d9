"""The end of a run whose metric does not get better any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.watching import OF_EVALUATION, MetricWatcher
from groundwire.checks import number, whole
from groundwire.errors import StopTrainingError

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["EarlyStoppingCallback"]


class EarlyStoppingCallback(MetricWatcher):
    """Ends a run, in order, after some epochs in which a metric did not get better.

    It stops the epoch under way, so that callbacks after it in ``callbacks=`` do not hear of the
    end of that epoch: put it last.

    Args:
        early_stopping_patience: Epochs in a row without improvement after which the run ends.
        early_stopping_threshold: A change of no more than this is no improvement.
        watch_metric: Full name of the metric in the run history, looked at after each epoch.
        greater_is_better: False where less is better, as for a loss.
        reset_on_train: False goes on counting and comparing from earlier runs.

    Attributes:
        early_stopping_patience_counter: Epochs in a row without improvement so far.
        best_metric: The value that has to be improved on; ``None`` before the first.
        best_metric_epoch: The epoch it was recorded in.

    Raises:
        TypeError: An argument of the wrong kind.
        ValueError: An argument out of range.
    """

    def __init__(
        self,
        early_stopping_patience: int = 1,
        early_stopping_threshold: float = 0.01,
        watch_metric: str = OF_EVALUATION,
        greater_is_better: bool = False,
        reset_on_train: bool = True,
    ) -> None:
        super().__init__(watch_metric, greater_is_better, reset_on_train)
        self.early_stopping_patience = whole("early_stopping_patience", early_stopping_patience)
        self.early_stopping_threshold = number("early_stopping_threshold", early_stopping_threshold)
        self.early_stopping_patience_counter = 0

    def forget(self) -> None:
        """Start over: no best value, and all the patience."""
        super().forget()
        self.early_stopping_patience_counter = 0

    def on_training_run_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Count an epoch without improvement.

        Raises:
            StopTrainingError: There were as many in a row as patience allows.
        """
        value = self.latest(trainer)
        if self.keep_if_better(trainer, value, by_more_than=self.early_stopping_threshold):
            self.early_stopping_patience_counter = 0
            return
        self.early_stopping_patience_counter += 1
        waited = f"{self.early_stopping_patience_counter} of {self.early_stopping_patience} epochs"
        message = f"{self.watch_metric} is {value}, no better than {self.best_metric}: {waited} without improvement"
        if self.early_stopping_patience_counter >= self.early_stopping_patience:
            raise StopTrainingError(f"Training stops early: {message}")
        trainer.print(message)

    def state_dict(self) -> dict[str, Any]:
        """The best value, its epoch, and the epochs waited, which have to survive a resume."""
        return {**super().state_dict(), "early_stopping_patience_counter": self.early_stopping_patience_counter}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""
        super().load_state_dict(state_dict)
        self.early_stopping_patience_counter = state_dict["early_stopping_patience_counter"]
