"""The mean loss of the last batches, which Lightning 1 kept for its progress bar at ``trainer.fit_loop.running_loss``.

It is kept only in a run where code of the module or a callback names it, or the module says what its bar shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from groundwire import HookMap, row
from groundwire_lightning.errors import NotSupportedYetError

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

RUNNING = "running_loss"
_WINDOW = 20


class RunningLoss:
    """The losses of the last 20 batches, or turns of an optimizer, on the device where they were computed."""

    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._count = 0
        self._last: Any = None

    def take(self, batch_output: Mapping[str, Any], trainer: Steered) -> None:
        """Take the loss of a batch; of a closure that is called more than once, the last."""
        loss, moment = batch_output["loss"], (trainer.progress.batch.started, id(trainer._run.optimizer))
        if loss is None or not trainer.is_automatic:
            return
        window = trainer.accumulate_grad_batches  # Lightning 1 divided by it and took it back: the last bit may differ
        self._count += moment != self._last
        self._last, place = moment, (self._count - 1) % _WINDOW
        self._losses[place : place + 1] = [(loss.detach() / window * window).clone()]

    def last(self) -> Tensor | None:
        """The loss of the last batch; None before the first."""
        return self._losses[(self._count - 1) % _WINDOW] if self._losses else None

    def mean(self) -> Tensor | None:
        """The mean of the last losses; None before the first."""
        return torch.stack(self._losses).mean() if self._losses else None

    def min(self) -> Tensor | None:
        """The least of the last losses; None before the first."""
        return torch.stack(self._losses).min() if self._losses else None

    def max(self) -> Tensor | None:
        """The greatest of the last losses; None before the first."""
        return torch.stack(self._losses).max() if self._losses else None


def running_loss_of(trainer: Steered) -> RunningLoss:
    """The losses that a Trainer keeps.

    Args:
        trainer: It.

    Raises:
        NotSupportedYetError: It was not asked to before its run began.
    """
    losses: RunningLoss | None = trainer._run.running_loss
    if losses is None:
        raise NotSupportedYetError(
            "trainer.fit_loop.running_loss is kept only where code of the module or a callback names it. Instead: the "
            "loss that training_step returns, in on_train_batch_end"
        )
    return losses


class _Takes:
    """The method of :class:`RunningLoss` that a table names."""

    def take(self, *given: Any) -> None: ...


RUNNING_LOSS = HookMap(
    "running loss",
    bases={"RunningLoss": _Takes},
    rows=(row("RunningLoss.take", after="calculate_train_batch_loss", args=("batch_output", "trainer")),),
)
"""The losses of training steps, behind their ends."""
