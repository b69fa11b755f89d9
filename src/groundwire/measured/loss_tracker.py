"""The running loss of an epoch: a weighted mean that waits for no device."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from groundwire.measured.ledger import FOLD_AFTER

__all__ = ["LossTracker"]

NEVER = torch.iinfo(torch.int64).max


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
        """The update since the last reset, from 0, of the first NaN or infinite loss; ``None`` without one."""
        self._fold()
        first = NEVER if self._first is None else int(self._first)
        return None if first == NEVER else first

    def state_dict(self) -> dict[str, Any]:
        """All that goes on adding up to the very same numbers: tensors and plain values."""
        return {name: getattr(self, name) for name in _STATE}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what :meth:`state_dict` gave."""
        for name in _STATE:
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


# the losses that were not folded yet are in it too: folding earlier would add in another order
_STATE = ("_losses", "_weights", "_folded", "_latest", "_totals", "_first")


def _scalar(loss: Tensor) -> Tensor:
    if loss.numel() != 1:
        raise ValueError(
            f"the loss of a batch is one number, got a tensor of shape {tuple(loss.shape)}; reduce it first, "
            "with loss.mean() or reduction='mean' in the loss function"
        )
    return loss.detach().reshape(()).clone()


def _wide(device: torch.device) -> torch.dtype:
    """The type that sums are kept in: 64 bits, which Apple's devices do not have."""
    return torch.float32 if device.type == "mps" else torch.float64


def _folded_there(home: torch.device, losses: list[Any], weights: list[Any], before: int) -> tuple[Tensor, Tensor]:
    """Total loss and count, and the number of the first loss that is not finite, without waiting for the device."""
    values, counts = _as_tensor(home, losses), _as_tensor(home, weights)
    places = torch.arange(before, before + len(losses), device=home)
    return torch.stack((values @ counts, counts.sum())), places.masked_fill(values.isfinite(), NEVER).amin()


def _folded_here(home: torch.device, losses: list[Any], weights: list[Any], before: int) -> tuple[Tensor, Tensor]:
    """Total, count and first bad loss on a CPU, where numbers are at hand and a tensor for each would cost more."""
    values: list[float] = _as_tensor(home, losses).tolist()
    counts = [float(weight) for weight in weights]
    total = sum(map(operator.mul, values, counts))
    first = NEVER
    if not math.isfinite(total):
        first = next((before + index for index, value in enumerate(values) if not math.isfinite(value)), NEVER)
    return torch.tensor((total, sum(counts)), dtype=torch.float64), torch.tensor(first)


def _as_tensor(device: torch.device, numbers: list[Any]) -> Tensor:
    """Numbers and scalar tensors as one tensor on ``device``, without waiting for it."""
    kind = _wide(device)
    if all(isinstance(number, Tensor) for number in numbers):
        tensors = [number if number.device == device else number.to(device) for number in numbers]
        return torch.stack(tensors).to(kind)
    if any(isinstance(number, Tensor) for number in numbers):
        return torch.stack([torch.as_tensor(number, dtype=kind, device=device).reshape(()) for number in numbers])
    # only from pinned memory does a copy to the device not wait for what runs there
    return torch.tensor(numbers, dtype=kind, pin_memory=device.type == "cuda").to(device, non_blocking=True)
