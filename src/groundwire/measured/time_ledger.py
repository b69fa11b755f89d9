"""Accounts of the time of an epoch: data, steps, callbacks, evaluation, saving; always kept, in clock reads only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter as clock
from typing import Literal

__all__ = ["EpochTime", "Spent", "account_for", "clock"]

Account = Literal["data", "step", "callbacks", "evaluation", "saving"]
ACCOUNTS: tuple[Account, ...] = ("data", "step", "callbacks", "evaluation", "saving")


@dataclass(slots=True)
class Spent:
    """Seconds of the epoch under way; each second is on one account, that of the innermost thing done.

    Attributes:
        data: Waiting for training batches.
        step: Training batches, from forward pass to update.
        callbacks: Events that callbacks listen to.
        evaluation: Evaluations, within the epoch and after it.
        saving: Checkpoints and training states.
        total: The sum of these.
        samples: Samples trained on, known when the training of the epoch is over.
    """

    data: float = 0.0
    step: float = 0.0
    callbacks: float = 0.0
    evaluation: float = 0.0
    saving: float = 0.0
    total: float = 0.0
    samples: float = 0.0

    def clear(self) -> None:
        """Begin a new epoch."""
        for name in self.__slots__:
            setattr(self, name, 0.0)


@contextmanager
def account_for(spent: Spent, account: Account) -> Iterator[None]:
    """Put the time spent meanwhile on an account, without what is put on others in it."""
    began, before = clock(), spent.total
    try:
        yield
    finally:
        own = clock() - began - (spent.total - before)
        setattr(spent, account, getattr(spent, account) + own)
        spent.total += own


@dataclass(frozen=True, slots=True)
class EpochTime:
    """The time ledger of one epoch, in seconds; as a string it is one line with shares.

    Attributes:
        epoch: Number of the epoch in the run history.
        seconds: How long it took.
        data: Waiting for training batches.
        step: Training batches, from forward pass to update.
        callbacks: Events that callbacks listen to.
        evaluation: Evaluations, within the epoch and after it.
        saving: Checkpoints and training states.
        samples: Training samples, as the batch sizes of the losses count them.
        updates: Optimizer updates.
    """

    epoch: int
    seconds: float
    data: float
    step: float
    callbacks: float
    evaluation: float
    saving: float
    samples: float = 0.0
    updates: int = 0

    @property
    def other(self) -> float:
        """Seconds that are on no account."""
        known = self.data + self.step + self.callbacks + self.evaluation + self.saving
        return max(0.0, self.seconds - known)

    def __str__(self) -> str:
        shares = {account: getattr(self, account) / self.seconds if self.seconds else 0.0 for account in ACCOUNTS}
        parts = [f"{account} {share:.0%}" for account, share in shares.items() if share >= 0.005]
        return ", ".join([f"epoch {self.epoch}: {self.seconds:.3g} s", *parts])
