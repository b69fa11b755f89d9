"""What a run measured: the metrics of its epochs, and the running loss of the epoch under way."""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from groundwire.errors import did_you_mean
from groundwire.measured.time_ledger import EpochTime

__all__ = ["InMemoryRunHistory", "LossTracker", "RunHistory"]

FOLD_AFTER = 256
NEVER = torch.iinfo(torch.int64).max


class RunHistory(ABC):
    """Where a Trainer records metrics; subclass it to keep them somewhere else."""

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
        """What was recorded last for a metric.

        Raises:
            ValueError: Nothing was recorded under this name.
        """

    @abstractmethod
    def set_metric_name_prefix(self, prefix: str = "") -> None:
        """Put ``prefix`` before every name that is recorded from now on; reading takes full names."""

    @property
    @abstractmethod
    def metric_name_prefix(self) -> str:
        """What is put before names as they are recorded."""

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
        """Where the time of each epoch went, in order; one that was cut short is not among them."""
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
        """What was recorded last for a metric."""
        return self._values(metric_name)[-1]

    def set_metric_name_prefix(self, prefix: str = "") -> None:
        """Put ``prefix`` before every name that is recorded from now on; reading takes full names."""
        self._prefix = prefix

    @property
    def metric_name_prefix(self) -> str:
        """What is put before names as they are recorded."""
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


class LossTracker:
    """The mean loss of an epoch so far, weighted by batch size, without waiting for the device.

    Losses stay where they were calculated; the host reads a result only as it is asked for.

    Args:
        device: Where results are kept; by default the device of the first loss.
    """

    def __init__(self, device: torch.device | str | None = None) -> None:
        self._device = None if device is None else torch.device(device)
        self.reset()

    def reset(self) -> None:
        """Start over."""
        self._losses: list[Tensor | float] = []
        self._weights: list[float | Tensor] = []
        self._folded = 0
        self._latest: Tensor | float = 0.0
        self._totals: Tensor | None = None
        self._first: Tensor | None = None

    def update(self, loss_batch_value: Tensor | float, batch_size: float | Tensor = 1) -> None:
        """Add the loss of a batch.

        Args:
            loss_batch_value: Mean loss of the batch, a tensor with one element or a number.
            batch_size: The weight of this loss, usually the number of samples.

        Raises:
            ValueError: The loss has more than one element, or none.
        """
        loss: Tensor | float
        if isinstance(loss_batch_value, Tensor):
            # a copy: the caller may change the loss in place, and captured graphs write to the same place again
            loss = loss_batch_value.detach().clone() if not loss_batch_value.dim() else _scalar(loss_batch_value)
        else:
            loss = float(loss_batch_value)
        self._latest = loss
        self._losses.append(loss)
        self._weights.append(batch_size)
        if len(self._losses) == FOLD_AFTER:
            self._fold(_folded_there)

    @property
    def average(self) -> float:
        """The weighted mean of the losses; 0 where nothing was counted."""
        total, count = self.totals().tolist()
        return float(total / count) if count else 0.0

    @property
    def loss_value(self) -> float:
        """The loss of the latest batch; 0 before the first."""
        return float(self._latest)

    @property
    def total_loss(self) -> float:
        """The sum of losses times batch sizes."""
        return float(self.totals()[0])

    @property
    def running_count(self) -> float:
        """The sum of batch sizes; a whole number where they are."""
        count = float(self.totals()[1])
        return int(count) if count.is_integer() else count

    @property
    def first_non_finite(self) -> int | None:
        """Which update since the last reset, from 0, brought the first NaN or infinite loss; ``None`` if none did."""
        self._fold()
        first = NEVER if self._first is None else int(self._first)
        return None if first == NEVER else first

    def state_dict(self) -> dict[str, Any]:
        """What goes on adding up to the very same numbers: tensors and plain values."""
        return {name: getattr(self, name) for name in _KEPT}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""
        for name in _KEPT:
            value = state_dict[name]
            setattr(self, name, list(value) if isinstance(value, list) else value)

    def totals(self) -> Tensor:
        """Total loss and count on the device, shape ``(2,)``: what processes add up to a common average."""
        self._fold()
        return (
            torch.zeros(2, dtype=_wide(self._home), device=self._home) if self._totals is None else self._totals.clone()
        )

    @property
    def _home(self) -> torch.device:
        if self._device is not None:
            return self._device
        return next((loss.device for loss in self._losses if isinstance(loss, Tensor)), torch.device("cpu"))

    def _fold(self, fold: Any = None) -> None:
        if not self._losses:
            return
        home = self._home if self._totals is None else self._totals.device
        fold = fold or (_folded_here if home.type == "cpu" else _folded_there)
        totals, first = fold(home, self._losses, self._weights, self._folded)
        self._folded += len(self._losses)
        self._losses, self._weights = [], []
        self._totals = totals if self._totals is None else self._totals + totals
        self._first = first if self._first is None else torch.minimum(self._first, first)


_KEPT = ("_losses", "_weights", "_folded", "_latest", "_totals", "_first")


def _scalar(loss: Tensor) -> Tensor:
    if loss.numel() != 1:
        raise ValueError(
            f"the loss of a batch is one number, got a tensor of shape {tuple(loss.shape)}; reduce it first, "
            "with loss.mean() or reduction='mean' in the loss function"
        )
    return loss.detach().reshape(()).clone()


def _wide(device: torch.device) -> torch.dtype:
    return torch.float32 if device.type == "mps" else torch.float64


def _folded_there(home: torch.device, losses: list[Any], weights: list[Any], before: int) -> tuple[Tensor, Tensor]:
    """Total loss and count, and the number of the first loss that is not finite, without waiting for the device."""
    values, counts = _on(home, losses), _on(home, weights)
    places = torch.arange(before, before + len(losses), device=home)
    return torch.stack((values @ counts, counts.sum())), places.masked_fill(values.isfinite(), NEVER).amin()


def _folded_here(home: torch.device, losses: list[Any], weights: list[Any], before: int) -> tuple[Tensor, Tensor]:
    """The same on a CPU, where numbers are at hand and a tensor for each step of it would cost more."""
    values: list[float] = _on(home, losses).tolist()
    counts = [float(weight) for weight in weights]
    total = sum(map(operator.mul, values, counts))
    first = NEVER
    if not math.isfinite(total):
        first = next((before + index for index, value in enumerate(values) if not math.isfinite(value)), NEVER)
    return torch.tensor((total, sum(counts)), dtype=torch.float64), torch.tensor(first)


def _on(device: torch.device, numbers: list[Any]) -> Tensor:
    """Numbers and scalar tensors as one tensor on ``device``, without waiting for it."""
    kind = _wide(device)
    if all(isinstance(number, Tensor) for number in numbers):
        tensors = [number if number.device == device else number.to(device) for number in numbers]
        return torch.stack(tensors).to(kind)
    if any(isinstance(number, Tensor) for number in numbers):
        return torch.stack([torch.as_tensor(number, dtype=kind, device=device).reshape(()) for number in numbers])
    # only from pinned memory does a copy to the device not wait for what runs there
    return torch.tensor(numbers, dtype=kind, pin_memory=device.type == "cuda").to(device, non_blocking=True)
