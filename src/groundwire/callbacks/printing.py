"""Lines of a run on the terminal: its progress, and its metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from groundwire.callbacks.base import TrainerCallback

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["LogMetricsCallback", "PrintMetricsCallback", "PrintProgressCallback"]


class PrintProgressCallback(TrainerCallback):
    """Prints a line as a run, an epoch or an evaluation begins and as a run ends, and where an epoch's time went."""

    _printed: int = 0  # epochs whose time was printed

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Say that training begins."""
        self._printed = len(_times(trainer))
        trainer.print("Training starts")

    def on_train_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Say which epoch begins, and where the time of the one before it went."""
        self._tell_times(trainer)
        trainer.print(f"Epoch {trainer.run_history.current_epoch}")

    def on_eval_epoch_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Say that an evaluation begins."""
        trainer.print("Evaluation")

    def on_training_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Say that training is over."""
        self._tell_times(trainer)
        trainer.print("Training is done")

    def on_evaluation_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Say that an evaluation run begins."""
        trainer.print("Evaluation run starts")

    def on_evaluation_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Say that the evaluation run is over."""
        trainer.print("Evaluation run is done")

    def _tell_times(self, trainer: Trainer) -> None:
        times = _times(trainer)
        for time in times[self._printed :]:
            trainer.print(f"Time of {time}")
        self._printed = len(times)


class LogMetricsCallback(TrainerCallback):
    """Logs metrics after the training and after the evaluation of each epoch, by default by printing them.

    What is logged is what was recorded since it last logged, whatever it is called; a metric
    recorded several times is logged with its latest value. Override :meth:`log_metrics` to log
    somewhere else. Whatever a subclass overrides, it need not call what it overrides.
    """

    _logged: Mapping[str, int] = MappingProxyType({})
    _of_history: object = None

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Leave out what earlier runs recorded."""
        self._take_for_logged(_counts(trainer), trainer)

    def on_evaluation_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Leave out what earlier runs recorded."""
        self._take_for_logged(_counts(trainer), trainer)

    def on_train_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Log what the training of the epoch recorded."""
        self._log_what_is_new(trainer)

    def on_eval_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Log what the evaluation recorded."""
        self._log_what_is_new(trainer)

    def on_training_run_epoch_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Log what was recorded after the evaluation."""
        self._log_what_is_new(trainer)

    def on_evaluation_run_end(self, trainer: Trainer, **kwargs: Any) -> None:
        """Log what was recorded after the evaluation of the run."""
        self._log_what_is_new(trainer)

    def log_metrics(self, trainer: Trainer, metrics: Mapping[str, Any]) -> None:
        """Log some metrics.

        Args:
            trainer: The Trainer.
            metrics: Name to latest value, in alphabetical order; never empty.
        """
        for name, value in metrics.items():
            trainer.print(f"{name}: {value}")

    def _log_what_is_new(self, trainer: Trainer) -> None:
        counts = _counts(trainer)
        # an emptied history is another one, also to a subclass that listens to no start of a run
        logged = self._logged if self._of_history is _history_of(trainer) else {}
        # fewer values than were logged: the metric was deleted and is recorded anew
        new = sorted(name for name, count in counts.items() if count != logged.get(name, 0))
        self._take_for_logged(counts, trainer)
        if new:
            self.log_metrics(trainer, {name: trainer.run_history.get_latest_metric(name) for name in new})

    def _take_for_logged(self, counts: Mapping[str, int], trainer: Trainer) -> None:
        self._logged, self._of_history = counts, _history_of(trainer)


PrintMetricsCallback = LogMetricsCallback
"""Another name of :class:`LogMetricsCallback`."""


def _history_of(trainer: Trainer) -> object:
    return getattr(trainer, "_history_began", None)


def _times(trainer: Trainer) -> Sequence[Any]:
    times = getattr(trainer.run_history, "epoch_times", ())
    return times if isinstance(times, (list, tuple)) else ()


def _counts(trainer: Trainer) -> dict[str, int]:
    history = trainer.run_history
    return {name: _length(history.get_metric_values(name)) for name in history.get_metric_names()}


def _length(values: Any) -> int:
    return len(values) if hasattr(values, "__len__") else len(list(values))
