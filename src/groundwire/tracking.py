"""What was recorded: the history of a run, and the running mean of its loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import torch


class RunHistory(ABC):
    """Where metrics are recorded. Override it to keep them elsewhere."""

    @abstractmethod
    def get_metric_names(self) -> Iterable[str]:
        """The names of all recorded metrics."""

    @abstractmethod
    def get_metric_values(self, metric_name: str) -> Iterable[Any]:
        """All values of a metric, in the order in which they were recorded."""

    @abstractmethod
    def get_latest_metric(self, metric_name: str) -> Any:
        """The last value of a metric."""

    @abstractmethod
    def set_metric_name_prefix(self, prefix: str = "") -> None:
        """Put ``prefix`` before the names that are recorded from now on."""

    @property
    @abstractmethod
    def metric_name_prefix(self) -> str:
        """The prefix of names."""

    @abstractmethod
    def update_metric(self, metric_name: str, metric_value: Any) -> None:
        """Record a value."""

    @abstractmethod
    def delete_metric(self, metric_name: str) -> None:
        """Forget a metric."""

    @property
    @abstractmethod
    def current_epoch(self) -> int:
        """The epoch, from 1."""

    @abstractmethod
    def _increment_epoch(self) -> None:
        """Begin the next epoch."""

    @abstractmethod
    def _set_epoch(self, epoch: int) -> None:
        """Go on from ``epoch``."""

    @abstractmethod
    def reset(self) -> None:
        """Forget everything and begin at epoch 1."""


class InMemoryRunHistory(RunHistory):
    """Keeps metrics in lists."""

    def __init__(self) -> None:
        self._metrics: dict[str, list[Any]] = {}
        self._prefix = ""
        self._epoch = 1

    def get_metric_names(self) -> set[str]:
        """The names of all recorded metrics."""
        return set(self._metrics)

    def get_metric_values(self, metric_name: str) -> list[Any]:
        """All values of a metric, in order.

        Raises:
            ValueError: Nothing was recorded under this name; the message lists the known ones.
        """
        return list(self._values(metric_name))

    def get_latest_metric(self, metric_name: str) -> Any:
        """The last value of a metric.

        Raises:
            ValueError: Nothing was recorded under this name; the message lists the known ones.
        """
        return self._values(metric_name)[-1]

    def _values(self, name: str) -> list[Any]:
        if name not in self._metrics:
            known = ", ".join(sorted(self._metrics)) or "none so far"
            raise ValueError(f"no metric {name!r} was recorded; known metrics: {known}")
        return self._metrics[name]

    def set_metric_name_prefix(self, prefix: str = "") -> None:
        """Put ``prefix`` before the names that are recorded from now on."""
        self._prefix = prefix

    @property
    def metric_name_prefix(self) -> str:
        """The prefix of names."""
        return self._prefix

    def update_metric(self, metric_name: str, metric_value: Any) -> None:
        """Record a value."""
        self._metrics.setdefault(self._prefix + metric_name, []).append(metric_value)

    def delete_metric(self, metric_name: str) -> None:
        """Forget a metric.

        Raises:
            ValueError: Nothing was recorded under this name.
        """
        self._values(metric_name)
        del self._metrics[metric_name]

    @property
    def current_epoch(self) -> int:
        """The epoch, from 1."""
        return self._epoch

    def _increment_epoch(self) -> None:
        self._epoch += 1

    def _set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def reset(self) -> None:
        """Forget everything and begin at epoch 1."""
        self._metrics, self._epoch, self._prefix = {}, 1, ""

    def to_dict(self) -> dict[str, list[Any]]:
        """All values of all metrics, by name."""
        return {name: list(values) for name, values in self._metrics.items()}


class LossTracker:
    """The mean of batch losses, weighted by batch size, without reading one while a run is busy.

    Losses stay on the device and are added up there every :attr:`FOLD` batches; the host reads
    when somebody asks for a number.

    Args:
        device: Where losses are.
    """

    FOLD = 256

    def __init__(self, device: torch.device | str | None = None) -> None:
        self.device = torch.device("cpu" if device is None else device)
        self._dtype = torch.float32 if self.device.type == "mps" else torch.float64
        self.reset()

    def reset(self) -> None:
        """Start over."""
        self._losses: list[torch.Tensor] = []
        self._weights: list[float] = []
        self._total = torch.zeros((), dtype=self._dtype, device=self.device)
        self._count: float = 0
        self._folded = 0
        self._bad = torch.full((), torch.inf, dtype=self._dtype, device=self.device)
        self._last: Any = 0.0

    def update(self, loss_batch_value: Any, batch_size: int = 1) -> None:
        """Add the loss of a batch.

        Args:
            loss_batch_value: Scalar, the mean over the batch.
            batch_size: Samples in the batch.

        Raises:
            ValueError: The loss has more than one element.
        """
        if not isinstance(loss_batch_value, torch.Tensor):
            loss_batch_value = torch.tensor(float(loss_batch_value))
        elif loss_batch_value.numel() != 1:
            raise ValueError(
                f"a loss is one number, got a tensor of shape {tuple(loss_batch_value.shape)}; reduce it, "
                "loss.mean() for example"
            )
        self._losses.append(loss_batch_value.detach().clone())
        self._weights.append(batch_size)
        if len(self._losses) >= self.FOLD:
            self._fold()

    def _fold(self) -> None:
        if not self._losses:
            return
        losses = torch.stack([loss.reshape(()).to(self.device, self._dtype) for loss in self._losses])
        weights = torch.tensor(self._weights, dtype=self._dtype, device=self.device)
        self._total = self._total + (losses * weights).sum()
        numbers = torch.arange(self._folded, self._folded + len(losses), dtype=self._dtype, device=self.device)
        bad = torch.where(torch.isfinite(losses), torch.inf, numbers).min()
        self._bad = torch.minimum(self._bad, bad)
        self._last = losses[-1]
        self._count += sum(self._weights)
        self._folded += len(self._losses)
        self._losses, self._weights = [], []

    def totals(self) -> torch.Tensor:
        """Sum of weighted losses and sum of weights, on the device: shape ``(2,)``."""
        self._fold()
        return torch.stack([self._total, torch.as_tensor(self._count, dtype=self._dtype, device=self.device)])

    @property
    def loss_value(self) -> float:
        """The loss of the last batch."""
        self._fold()
        return float(self._last)

    @property
    def total_loss(self) -> float:
        """The sum of the losses, each times its batch size."""
        self._fold()
        return float(self._total)

    @property
    def running_count(self) -> float:
        """The number of samples."""
        self._fold()
        return self._count

    @property
    def average(self) -> float:
        """The mean loss of a sample; 0 before the first."""
        count = self.running_count
        return self.total_loss / count if count else 0.0

    @property
    def first_non_finite(self) -> int | None:
        """Number, from 0, of the first loss that was NaN or infinite; None where all are finite."""
        self._fold()
        bad = float(self._bad)
        return None if bad == float("inf") else int(bad)
