"""Run histories, in which the metrics of each epoch are recorded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from groundwire.errors import did_you_mean
from groundwire.measured.loss_tracker import LossTracker
from groundwire.measured.time_ledger import EpochTime

__all__ = ["InMemoryRunHistory", "LossTracker", "RunHistory"]


class RunHistory(ABC):
    """The record of a Trainer's metrics; subclass it to keep them somewhere else."""

    @abstractmethod
    def get_metric_names(self) -> Iterable[str]:
        """Names of all metrics, prefixes included, each once."""

    @abstractmethod
    def get_metric_values(self, metric_name: str) -> Iterable[Any]:
        """Everything recorded for a metric, in order.

        Raises:
            ValueError: Nothing was recorded under this name.
        """

    @abstractmethod
    def get_latest_metric(self, metric_name: str) -> Any:
        """The latest value of a metric.

        Raises:
            ValueError: Nothing was recorded under this name.
        """

    @abstractmethod
    def set_metric_name_prefix(self, prefix: str = "") -> None:
        """Put ``prefix`` before every name that is recorded from now on; reading takes full names."""

    @property
    @abstractmethod
    def metric_name_prefix(self) -> str:
        """The prefix that is put before names as they are recorded."""

    @abstractmethod
    def update_metric(self, metric_name: str, metric_value: Any) -> None:
        """Record one more value of a metric."""

    @abstractmethod
    def delete_metric(self, metric_name: str) -> None:
        """Forget a metric and its values.

        Raises:
            ValueError: Nothing was recorded under this name.
        """

    @property
    @abstractmethod
    def current_epoch(self) -> int:
        """The epoch under way, from 1."""

    @abstractmethod
    def _increment_epoch(self) -> None:
        """Move on to the next epoch."""

    @abstractmethod
    def _set_epoch(self, epoch: int) -> None:
        """Continue at ``epoch``, for a run that is resumed."""

    @abstractmethod
    def reset(self) -> None:
        """Forget every metric and begin again at epoch 1; the prefix stays."""

    def to_dict(self) -> dict[str, list[Any]]:
        """Every metric with a new list of its values."""
        return {name: list(self.get_metric_values(name)) for name in self.get_metric_names()}

    @property
    def epoch_times(self) -> list[EpochTime]:
        """The time ledger of each epoch, in order; one that was cut short is not among them."""
        return list(vars(self).get("_epoch_times", ()))

    def _keep_time(self, time: EpochTime) -> None:
        vars(self).setdefault("_epoch_times", []).append(time)  # a subclass need not call our __init__

    def to_pandas(self) -> Any:
        """Every metric as a column of a pandas ``DataFrame``, one line an epoch.

        Raises:
            GroundwireError: pandas is not installed.
        """
        from groundwire.measured.history_views import as_frame

        return as_frame(self.to_dict())

    def plot(self, metric_names: Iterable[str] | None = None, axes: Any = None) -> Any:
        """Draw metrics by epoch: losses in one field, everything else in another.

        Args:
            metric_names: What to draw; by default every metric whose values are numbers.
            axes: A field of matplotlib to draw everything into.

        Returns:
            The figure; ``figure.savefig("run.png")`` writes it, a notebook shows it.

        Raises:
            GroundwireError: matplotlib is not installed, or there is nothing to draw.
            ValueError: A name was not recorded, or its values are no numbers.
        """
        from groundwire.measured.history_views import drawn

        return drawn(self.to_dict(), metric_names, axes)


class InMemoryRunHistory(RunHistory):
    """Keeps metrics in lists, in memory."""

    def __init__(self) -> None:
        self._current_epoch = 1
        self._metrics: dict[str, list[Any]] = {}
        self._prefix = ""

    def get_metric_names(self) -> set[str]:
        """Names of all metrics, prefixes included."""
        return set(self._metrics)

    def get_metric_values(self, metric_name: str) -> list[Any]:
        """Everything recorded for a metric, in order, as a new list."""
        return list(self._values(metric_name))

    def get_latest_metric(self, metric_name: str) -> Any:
        """The latest value of a metric."""
        return self._values(metric_name)[-1]

    def set_metric_name_prefix(self, prefix: str = "") -> None:
        """Put ``prefix`` before every name that is recorded from now on; reading takes full names."""
        self._prefix = prefix

    @property
    def metric_name_prefix(self) -> str:
        """The prefix that is put before names as they are recorded."""
        return self._prefix

    def update_metric(self, metric_name: str, metric_value: Any) -> None:
        """Record one more value of a metric."""
        self._metrics.setdefault(f"{self._prefix}{metric_name}", []).append(metric_value)

    def delete_metric(self, metric_name: str) -> None:
        """Forget a metric and its values."""
        self._values(metric_name)
        del self._metrics[metric_name]

    @property
    def current_epoch(self) -> int:
        """The epoch under way, from 1."""
        return self._current_epoch

    def _increment_epoch(self) -> None:
        self._current_epoch += 1

    def _set_epoch(self, epoch: int) -> None:
        self._current_epoch = epoch

    def reset(self) -> None:
        """Forget every metric and begin again at epoch 1; the prefix stays."""
        self._current_epoch = 1
        self._metrics = {}

    def to_dict(self) -> dict[str, list[Any]]:
        """Every metric with a new list of its values, in the order of their first recording."""
        return {name: list(values) for name, values in self._metrics.items()}

    def _values(self, metric_name: str) -> list[Any]:
        if metric_name not in self._metrics:
            known = ", ".join(map(repr, self._metrics)) or "no metric yet"
            raise ValueError(
                f"nothing was recorded for the metric {metric_name!r}.{did_you_mean(metric_name, self._metrics)} "
                f"Recorded: {known}"
            )
        return self._metrics[metric_name]
