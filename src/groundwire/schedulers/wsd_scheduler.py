"""Warm-up, a long stable phase, and a short decay before each checkpoint (WSD, arXiv:2410.05192)."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, TypedDict

import torch

from groundwire.schedulers.placeholders import Placeholder, TrainerPlaceholderValues
from groundwire.schedulers.scheduler_base import InvalidScheduleError, StatefulSchedulerBase, checked


class Period(TypedDict):
    """The updates up to one checkpoint: a stable phase, then a decay.

    Attributes:
        period_start: Updates made when it begins.
        period_end: Updates made when it ends, at its checkpoint.
        decay_steps: How many of them the decay takes.
        pre_decay_step: Updates made when the decay begins.
    """

    period_start: int
    period_end: int
    decay_steps: int
    pre_decay_step: int


class WSDLrScheduler(StatefulSchedulerBase):
    """Keeps the base learning rate, and lets it fall only before a checkpoint.

    The rate falls from the base rate by a factor that depends on ``t``, the part of the decay that is
    done (0 to 1). With ``use_inverse_sqrt_decay`` it is ``lr_min + (1 - lr_min) * (1 - sqrt(t))``,
    without it ``1 / (t / lr_min + 1 - t)``. After an inner checkpoint the base rate is back at once;
    after the last one the lowest rate stays.

    The length is given either as ``num_epochs`` and ``num_update_steps_per_epoch``, or as ``total_steps``.

    To train on from a checkpoint made before or after a decay, make the scheduler with
    ``is_continuation_from_checkpoint=True`` and load the state of the earlier run: a stable phase
    begins, without warm-up, over the length given here. To resume an interrupted continuation at its
    very update, load its state into a scheduler made without that flag.

    Args:
        optimizer: Its parameter groups are scheduled, each from its own base learning rate.
        num_epochs: Length of the schedule in epochs.
        num_update_steps_per_epoch: Optimizer updates in an epoch.
        total_steps: Length of the schedule in updates.
        num_warmup_steps: Updates in which the rate rises to the base rate; ``None`` for a hundredth
            of the whole.
        decay_phase_ratio: The part of each period, 0 to 1, that is decay; at most a third with
            several checkpoints.
        lr_min: The lowest rate as a part, 0 to 1, of each group's base rate.
        warmup_starting_lr: The rate that warm-up begins with.
        use_inverse_sqrt_decay: Which of the two formulas above.
        num_checkpoints: How many decays; see :func:`estimate_checkpoint_steps` for where they end.
        is_continuation_from_checkpoint: This run trains on from a checkpoint of an earlier one.

    Attributes:
        checkpoint_steps: Updates made at each checkpoint.

    Raises:
        TypeError: A parameter is not a number.
        ValueError: The length is given twice or not at all, or a parameter is out of bounds.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        num_epochs: float | None = None,
        num_update_steps_per_epoch: float | None = None,
        total_steps: float | None = None,
        num_warmup_steps: float | None = 0,
        decay_phase_ratio: float = 0.1,
        lr_min: float = 1e-6,
        warmup_starting_lr: float = 1e-6,
        use_inverse_sqrt_decay: bool = True,
        num_checkpoints: int = 1,
        is_continuation_from_checkpoint: bool = False,
    ) -> None:
        super().__init__(optimizer)
        self.total_steps = _total_steps(num_epochs, num_update_steps_per_epoch, total_steps)
        if num_warmup_steps is None:
            num_warmup_steps = 0.01 * self.total_steps
        self.num_warmup_steps = int(checked("num_warmup_steps", num_warmup_steps, 0, self.total_steps))
        self.decay_phase_ratio = checked("decay_phase_ratio", decay_phase_ratio, 0, 1)
        self.lr_min = checked("lr_min", lr_min, 0, 1)
        self.warmup_starting_lr = checked("warmup_starting_lr", warmup_starting_lr, 0)
        self.use_inverse_sqrt_decay = use_inverse_sqrt_decay
        self.num_checkpoints = int(checked("num_checkpoints", num_checkpoints, 1, whole=True))
        self.is_continuation_from_checkpoint = is_continuation_from_checkpoint
        self._check_combinations()
        self._lay_out_periods()
        self._update_param_groups(self.get_updated_values(0))

    def get_updated_values(self, num_updates: int) -> list[float]:
        """The learning rate of each parameter group.

        Args:
            num_updates: Optimizer updates made so far.

        Returns:
            One rate a parameter group.
        """
        if num_updates < self.num_warmup_steps and not self.is_continuation_from_checkpoint:
            start, done = self.warmup_starting_lr, num_updates / self.num_warmup_steps
            return [start + done * (base - start) for base in self.base_lr_values]
        period = self._period_in_force(num_updates)
        into_decay = num_updates - period["pre_decay_step"]
        if into_decay < 0 or not period["decay_steps"]:
            return list(self.base_lr_values)
        done = min(into_decay / period["decay_steps"], 1.0)
        if self.use_inverse_sqrt_decay:
            factor = self.lr_min + (1 - self.lr_min) * (1 - math.sqrt(done))
            return [base * factor for base in self.base_lr_values]
        return [base / (done * (1.0 / self.lr_min) + (1.0 - done)) for base in self.base_lr_values]

    def get_checkpoint_steps(self) -> list[int]:
        """The numbers of updates at which a decay ends, in order."""
        return list(self.checkpoint_steps)

    def get_decay_info(self) -> list[Period]:
        """All periods, in order; there is one for each checkpoint."""
        return [period.copy() for period in self.checkpoint_decay_info]

    def get_phase_info(self, num_updates: int) -> Period:
        """The period that an update belongs to.

        Args:
            num_updates: The number of the update, from 1: the one at a checkpoint belongs to the period
                that ends there. Numbers past the end belong to the last period.
        """
        periods = self.checkpoint_decay_info
        return next((period for period in periods if num_updates <= period["period_end"]), periods[-1]).copy()

    def get_current_step(self) -> int:
        """The number of updates whose learning rate is now in force: -1 before the first step, then 0, 1 and so on."""
        return self._num_updates

    def get_current_phase_info(self) -> Period:
        """The period of :meth:`get_current_step`."""
        return self.get_phase_info(self._num_updates)

    @property
    def previous_checkpoint_step(self) -> int | None:
        """The last step at the base rate before the most recent decay; ``None`` before there was one."""
        before = [period["pre_decay_step"] - 1 for period in self.checkpoint_decay_info]
        return max((step for step in before if step <= self._num_updates), default=None)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore settings and count; in a continuation only the settings, for the new length.

        Args:
            state_dict: What :meth:`state_dict` returned.

        Raises:
            ValueError: The state does not tell the count, and this is not a continuation.
        """
        if not self.is_continuation_from_checkpoint:
            super().load_state_dict(state_dict)
            return
        # these say how far and how long the earlier run was; what else the state holds goes on.
        ended = {"total_steps", "num_updates", "is_continuation_from_checkpoint", "previous_checkpoint_step"}
        settings = {name: value for name, value in state_dict.items() if name not in ended}
        super().load_state_dict({**settings, "num_updates": -1})
        self._lay_out_periods()
        self._update_param_groups(self.get_updated_values(0))

    @classmethod
    def create_scheduler_fn(
        cls,
        total_num_epochs: float | Placeholder = TrainerPlaceholderValues.NUM_EPOCHS,
        num_update_steps_per_epoch: (
            float | Placeholder
        ) = TrainerPlaceholderValues.PER_PROCESS_NUM_UPDATE_STEPS_PER_EPOCH,
        num_warmup_epochs: float | Placeholder | None = None,
        decay_phase_ratio: float = 0.1,
        lr_min: float = 1e-6,
        warmup_starting_lr: float = 1e-6,
        use_inverse_sqrt_decay: bool = True,
        num_checkpoints: int = 1,
        is_continuation_from_checkpoint: bool = False,
    ) -> partial[WSDLrScheduler]:
        """A factory for ``train(create_scheduler_fn=...)``; the run fills in its length.

        The parameters are those of the class, save that the length is ``total_num_epochs``, and that
        warm-up is given in epochs, whole or not (``None``: a hundredth of the whole).

        Returns:
            A partial of the class that takes the optimizer.
        """
        settings: dict[str, Any] = {
            "num_epochs": total_num_epochs,
            "num_update_steps_per_epoch": num_update_steps_per_epoch,
            "num_warmup_steps": None if num_warmup_epochs is None else num_update_steps_per_epoch * num_warmup_epochs,
            "decay_phase_ratio": decay_phase_ratio,
            "lr_min": lr_min,
            "warmup_starting_lr": warmup_starting_lr,
            "use_inverse_sqrt_decay": use_inverse_sqrt_decay,
            "num_checkpoints": num_checkpoints,
            "is_continuation_from_checkpoint": is_continuation_from_checkpoint,
        }
        return partial(cls, **settings)

    def _check_combinations(self) -> None:
        if self.lr_min == 0 and not self.use_inverse_sqrt_decay:
            raise InvalidScheduleError(
                "lr_min must be above 0 with use_inverse_sqrt_decay=False: its formula divides by it"
            )
        if self.num_checkpoints > 1 and self.decay_phase_ratio > 1 / 3:
            raise InvalidScheduleError(
                f"decay_phase_ratio={self.decay_phase_ratio} is above 1/3: with num_checkpoints={self.num_checkpoints} "
                "each period has to be mostly stable"
            )
        peak = max(self.base_lr_values)
        if self.num_warmup_steps and self.warmup_starting_lr > peak:
            raise InvalidScheduleError(
                f"warmup_starting_lr={self.warmup_starting_lr} is above {peak}, the highest learning rate of the "
                "optimizer's groups: warm-up has to rise"
            )

    def _lay_out_periods(self) -> None:
        self.checkpoint_steps = estimate_checkpoint_steps(self.total_steps, self.num_checkpoints)
        self.checkpoint_decay_info: list[Period] = []
        for start, end in zip([0, *self.checkpoint_steps], self.checkpoint_steps, strict=False):
            decay = int((end - start) * self.decay_phase_ratio)
            self.checkpoint_decay_info.append(
                {"period_start": start, "period_end": end, "decay_steps": decay, "pre_decay_step": end - decay}
            )

    def _period_in_force(self, num_updates: int) -> Period:
        """The period whose rate the next update takes: at a checkpoint, the one that begins there."""
        periods = self.checkpoint_decay_info
        return next((period for period in periods if num_updates < period["period_end"]), periods[-1])


def estimate_checkpoint_steps(total_steps: int, num_checkpoints: int = 3) -> list[int]:
    """Place checkpoints so that each has seen about twice the updates of the one before it.

    Three checkpoints of 200,000 updates are at 50,000, 100,000 and 200,000.

    Args:
        total_steps: Updates of the whole schedule.
        num_checkpoints: How many.

    Returns:
        The number of updates at each checkpoint; the last is ``total_steps``.

    Raises:
        TypeError: A parameter is not a whole number.
        ValueError: A parameter is less than 1, or the schedule is too short for so many checkpoints.
    """
    total = int(checked("total_steps", total_steps, 1, whole=True))
    count = int(checked("num_checkpoints", num_checkpoints, 1, whole=True))
    if count > total.bit_length():
        raise InvalidScheduleError(
            f"num_checkpoints={count} do not fit into total_steps={total}, as each takes twice the updates of the one "
            f"before; at most {total.bit_length()} do"
        )
    return [total >> halvings for halvings in reversed(range(count))]


def _total_steps(num_epochs: float | None, steps_per_epoch: float | None, total_steps: float | None) -> int:
    if total_steps is None and num_epochs is not None and steps_per_epoch is not None:
        epochs = checked("num_epochs", num_epochs, 0, above=True)
        total = epochs * checked("num_update_steps_per_epoch", steps_per_epoch, 0, above=True)
        return int(checked("num_epochs * num_update_steps_per_epoch", total, 1))
    if total_steps is not None and num_epochs is None and steps_per_epoch is None:
        return int(checked("total_steps", total_steps, 1))
    raise InvalidScheduleError(
        "give the length of the schedule either as num_epochs and num_update_steps_per_epoch or as total_steps; given: "
        f"{num_epochs=}, num_update_steps_per_epoch={steps_per_epoch!r}, {total_steps=}"
    )
