"""A cosine from the base learning rate to its minimum, with warm-up before and cool-down after."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch

from groundwire.schedulers.placeholders import Placeholder, TrainerPlaceholderValues
from groundwire.schedulers.scheduler_base import InvalidScheduleError, StatefulSchedulerBase, checked


class CosineLrScheduler(StatefulSchedulerBase):
    """Half a cosine without restarts (SGDR, arXiv:1608.03983), with k-decay (arXiv:2004.05909).

    With ``W`` updates of warm-up, ``C`` of cool-down and ``T`` in all, after ``n`` updates::

        n < W          start + n * (base - start) / W
        W <= n < T-C   low + (base - low) / 2 * (1 + cos(pi * ((n - W) / (T - C - W)) ** k_decay))
        T-C <= n       low

    Args:
        optimizer: Its parameter groups are scheduled, each from its own base learning rate.
        total_num_epochs: Length of the schedule in epochs, with warm-up and cool-down.
        num_update_steps_per_epoch: Optimizer updates in an epoch.
        k_decay: Above 1 the rate stays high for longer, below 1 it falls sooner.
        lr_min: The lowest rate, the same for all groups.
        min_lr_ratio: The lowest rate as a part, 0 to 1, of each group's base rate; goes before ``lr_min``.
        num_warmup_epochs: Epochs, whole or not, in which the rate rises to the base rate.
        warmup_starting_lr: The rate that warm-up begins with.
        warmup_starting_lr_ratio: The same as a part, 0 to 1, of each group's base rate; goes before
            ``warmup_starting_lr``.
        num_cooldown_epochs: Epochs, whole or not, at the lowest rate.

    Raises:
        TypeError: A parameter is not a number.
        ValueError: A parameter is out of bounds, or warm-up and cool-down are longer than the whole.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        total_num_epochs: float,
        num_update_steps_per_epoch: float,
        k_decay: float = 1.0,
        lr_min: float = 1e-6,
        min_lr_ratio: float | None = None,
        num_warmup_epochs: float = 0,
        warmup_starting_lr: float = 1e-6,
        warmup_starting_lr_ratio: float | None = None,
        num_cooldown_epochs: float = 0,
    ) -> None:
        super().__init__(optimizer)
        epochs = checked("total_num_epochs", total_num_epochs, 0, above=True)
        steps = checked("num_update_steps_per_epoch", num_update_steps_per_epoch, 0, above=True)
        warmup = checked("num_warmup_epochs", num_warmup_epochs, 0)
        cooldown = checked("num_cooldown_epochs", num_cooldown_epochs, 0)
        if warmup + cooldown > epochs:
            raise InvalidScheduleError(
                f"num_warmup_epochs={warmup} and num_cooldown_epochs={cooldown} are together longer than "
                f"total_num_epochs={epochs}, which includes both"
            )
        self.total_iterations = epochs * steps
        self.warmup_iterations = warmup * steps
        self.num_cooldown_iterations = cooldown * steps
        self.k_decay = checked("k_decay", k_decay, 0, above=True)
        self.lr_min = checked("lr_min", lr_min, 0)
        self.lr_min_ratio = _ratio("min_lr_ratio", min_lr_ratio)
        self.warmup_lr_init = checked("warmup_starting_lr", warmup_starting_lr, 0)
        self.warmup_lr_ratio = _ratio("warmup_starting_lr_ratio", warmup_starting_lr_ratio)
        if self.warmup_iterations:
            self._update_param_groups(self.get_updated_values(0))

    def get_updated_values(self, num_updates: int) -> list[float]:
        """The learning rate of each parameter group.

        Args:
            num_updates: Optimizer updates made so far; past the end the lowest rate stays.

        Returns:
            One rate a parameter group.
        """
        return [self._value(num_updates, base) for base in self.base_lr_values]

    def _value(self, num_updates: int, base: float) -> float:
        low = self.lr_min if self.lr_min_ratio is None else self.lr_min_ratio * base
        if num_updates < self.warmup_iterations:
            start = self.warmup_lr_init if self.warmup_lr_ratio is None else self.warmup_lr_ratio * base
            return start + num_updates * ((base - start) / self.warmup_iterations)
        decay_end = self.total_iterations - self.num_cooldown_iterations
        if num_updates >= decay_end:
            return low
        done = num_updates - self.warmup_iterations
        whole = decay_end - self.warmup_iterations
        part = math.pi * math.pow(done, self.k_decay) / math.pow(whole, self.k_decay)
        return low + 0.5 * (base - low) * (1 + math.cos(part))

    @classmethod
    def create_scheduler_fn(
        cls,
        total_num_epochs: float | Placeholder = TrainerPlaceholderValues.NUM_EPOCHS,
        num_update_steps_per_epoch: float | Placeholder = TrainerPlaceholderValues.NUM_UPDATE_STEPS_PER_EPOCH,
        k_decay: float = 1.0,
        lr_min: float = 1e-6,
        min_lr_ratio: float | None = None,
        num_warmup_epochs: float | Placeholder = 0,
        warmup_starting_lr: float = 1e-6,
        warmup_starting_lr_ratio: float | None = None,
        num_cooldown_epochs: float | Placeholder = 0,
    ) -> partial[CosineLrScheduler]:
        """A factory for ``train(create_scheduler_fn=...)``; the run fills in its length.

        The parameters are those of the class. To warm up over a tenth of the run::

            CosineLrScheduler.create_scheduler_fn(num_warmup_epochs=TrainerPlaceholderValues.NUM_EPOCHS / 10)

        Returns:
            A partial of the class that takes the optimizer.
        """
        settings: dict[str, Any] = {
            "total_num_epochs": total_num_epochs,
            "num_update_steps_per_epoch": num_update_steps_per_epoch,
            "k_decay": k_decay,
            "lr_min": lr_min,
            "min_lr_ratio": min_lr_ratio,
            "num_warmup_epochs": num_warmup_epochs,
            "warmup_starting_lr": warmup_starting_lr,
            "warmup_starting_lr_ratio": warmup_starting_lr_ratio,
            "num_cooldown_epochs": num_cooldown_epochs,
        }
        return partial(cls, **settings)


def _ratio(name: str, value: float | None) -> float | None:
    return None if value is None else checked(name, value, 0, 1)
