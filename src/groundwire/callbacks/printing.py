"""What a run prints: where it is, and what was recorded."""

from __future__ import annotations

from typing import Any

from groundwire.callbacks.base import TrainerCallback


class PrintProgressCallback(TrainerCallback):
    """Prints a line where a run and its epochs start and end."""

    def on_training_run_start(self, trainer: Any, **kwargs: Any) -> None:
        """Say that training starts."""
        trainer.print("Starting training run")

    def on_train_epoch_start(self, trainer: Any, **kwargs: Any) -> None:
        """Say which epoch it is."""
        trainer.print(f"\nEpoch {trainer.run_history.current_epoch} of {trainer.run_config.num_epochs}")

    def on_training_run_end(self, trainer: Any, **kwargs: Any) -> None:
        """Say that training has ended."""
        trainer.print("Training run finished")

    def on_evaluation_run_start(self, trainer: Any, **kwargs: Any) -> None:
        """Say that evaluation starts."""
        trainer.print("Starting evaluation run")

    def on_evaluation_run_end(self, trainer: Any, **kwargs: Any) -> None:
        """Say that evaluation has ended."""
        trainer.print("Evaluation run finished")


class LogMetricsCallback(TrainerCallback):
    """Prints the metrics of an epoch: after training those recorded in training, after evaluation the rest.

    What a metric belongs to is told by when it was recorded, whatever its name. Override
    :meth:`log_metrics` to send them elsewhere.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def on_train_epoch_start(self, trainer: Any, **kwargs: Any) -> None:
        """Remember what was recorded before."""
        self._seen = _counts(trainer.run_history)

    def on_train_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """Log what training recorded."""
        self._log_new(trainer)

    def on_eval_epoch_start(self, trainer: Any, **kwargs: Any) -> None:
        """Remember what was recorded before."""
        self._seen = _counts(trainer.run_history)

    def on_eval_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """Log what evaluation recorded."""
        self._log_new(trainer)

    def on_training_run_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
        """Log what was recorded between the end of evaluation and that of the epoch."""
        self._log_new(trainer)

    def log_metrics(self, trainer: Any, metrics: dict[str, Any]) -> None:
        """Print metrics, one a line.

        Args:
            trainer: The Trainer.
            metrics: Their latest values by name.
        """
        for name, value in metrics.items():
            trainer.print(f"  {name}: {value}")

    def _log_new(self, trainer: Any) -> None:
        counts = _counts(trainer.run_history)
        new = sorted(name for name, count in counts.items() if count != self._seen.get(name, 0))
        self._seen = counts
        if new:
            self.log_metrics(trainer, {name: trainer.run_history.get_latest_metric(name) for name in new})


PrintMetricsCallback = LogMetricsCallback


def _counts(history: Any) -> dict[str, int]:
    return {name: len(history.get_metric_values(name)) for name in history.get_metric_names()}
