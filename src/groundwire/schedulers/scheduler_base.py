"""One value of the optimizer's parameter groups, by the number of updates made."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import torch

from groundwire.schedulers.placeholders import Placeholder


class InvalidScheduleError(ValueError, AssertionError):
    """A schedule was asked for that cannot be.

    It is an ``AssertionError`` too, because code written for pytorch-accelerated expects one.
    """


def checked(
    name: str, value: Any, low: float, high: float = math.inf, *, above: bool = False, whole: bool = False
) -> float:
    """``value`` as a plain number of Python, if it lies in ``low`` to ``high``.

    Args:
        name: The parameter, for the message.
        value: What was given for it.
        low: The least that is allowed, or with ``above`` the greatest that is not.
        high: The most that is allowed.
        above: ``low`` itself is not allowed.
        whole: Only whole numbers are allowed.

    Raises:
        TypeError: Not a number, or not a whole one where ``whole`` is asked for.
        InvalidScheduleError: A number outside the bounds.
    """
    if isinstance(value, Placeholder):
        raise TypeError(
            f"{name} is still {value!r}: only a Trainer fills placeholders in, when this factory is given to "
            "train(create_scheduler_fn=...). Pass a number to make the scheduler yourself"
        )
    kind: Any = Integral if whole else Real
    if isinstance(value, bool) or not isinstance(value, kind):
        wanted = "a whole number" if whole else "a number"
        raise TypeError(f"{name} must be {wanted}, not {value!r} (of type {type(value).__name__})")
    if not low <= value <= high or (above and value == low) or not math.isfinite(value):
        limits = f"{'above' if above else 'at least'} {low}" + ("" if high == math.inf else f" and at most {high}")
        raise InvalidScheduleError(f"{name} must be {limits}, not {value!r}")
    return int(value) if isinstance(value, Integral) else float(value)


class SchedulerBase(ABC):
    """Schedules one field of an optimizer's parameter groups; knows no state but its settings.

    The caller counts: after each optimizer update it calls :meth:`step_update` with the number of
    updates made so far.

    Args:
        optimizer: Whose ``param_groups`` are written to.
        param_group_field: The field to schedule, ``"lr"`` by default. Its value in each group, at the
            time that a scheduler first sees the group, is kept there as ``initial_<field>`` and is the
            group's base value.

    Attributes:
        base_lr_values: The base value of each parameter group.

    Raises:
        KeyError: A parameter group does not have the field.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, param_group_field: str = "lr") -> None:
        if not hasattr(optimizer, "param_groups"):
            raise TypeError(f"optimizer: a torch.optim.Optimizer is due, got {optimizer!r}")
        self.optimizer = optimizer
        self.param_group_field = param_group_field
        self.base_lr_values: list[Any] = []
        self._adopt_new_groups()
        self._update_param_groups(self.base_lr_values)

    @abstractmethod
    def get_updated_values(self, num_updates: int) -> float | Iterable[float] | None:
        """The value of the scheduled field after ``num_updates`` updates.

        Args:
            num_updates: Optimizer updates made so far.

        Returns:
            One number for all parameter groups, an iterable with a number for each, or ``None`` to
            leave them as they are.
        """

    def step_update(self, num_updates: int) -> None:
        """Write the value after ``num_updates`` updates into the parameter groups.

        Args:
            num_updates: Optimizer updates made so far.

        Raises:
            ValueError: ``get_updated_values`` gave another number of values than there are groups.
        """
        self._adopt_new_groups()
        values = self.get_updated_values(num_updates)
        if values is not None:
            self._update_param_groups(values)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer, which is saved by itself; a copy."""
        return copy.deepcopy({name: value for name, value in vars(self).items() if name != "optimizer"})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned.

        Args:
            state_dict: The state; not kept, but copied.
        """
        vars(self).update(copy.deepcopy(state_dict))

    def _adopt_new_groups(self) -> None:
        """Take in the groups that were added since: layers that are unfrozen later are scheduled too."""
        initial = f"initial_{self.param_group_field}"
        for index in range(len(self.base_lr_values), len(self.optimizer.param_groups)):
            group = self.optimizer.param_groups[index]
            if self.param_group_field not in group:
                raise KeyError(
                    f"param_groups[{index}] of {type(self.optimizer).__name__} has no {self.param_group_field!r} to "
                    f"schedule; it has {sorted(set(group) - {'params'})}"
                )
            group.setdefault(initial, copy.deepcopy(group[self.param_group_field]))
            self.base_lr_values.append(_plain_value(group[initial]))

    def _update_param_groups(self, values: Any) -> None:
        groups = self.optimizer.param_groups
        if isinstance(values, torch.Tensor):
            values = values.tolist()
        values = list(values) if isinstance(values, Iterable) else [values] * len(groups)
        if len(values) != len(groups):
            raise ValueError(
                f"{type(self).__name__} gave {len(values)} values of {self.param_group_field!r} for an optimizer with "
                f"{len(groups)} parameter groups; get_updated_values() returns one for each, or a single number"
            )
        for group, value in zip(groups, values, strict=True):
            present = group[self.param_group_field]
            if isinstance(present, torch.Tensor):  # compiled and captured optimizers hold on to their tensor
                present.fill_(value)
            else:
                group[self.param_group_field] = value


class StatefulSchedulerBase(SchedulerBase):
    """A scheduler that counts for itself: :meth:`step` is called after each optimizer update.

    The first step writes the value for 0 updates, the second that for 1, and so on. As that for
    0 is already in force before the first step, the first two updates share it.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, param_group_field: str = "lr") -> None:
        super().__init__(optimizer=optimizer, param_group_field=param_group_field)
        self._num_updates = -1

    def step(self) -> None:
        """Move on by one update and writes its value into the parameter groups."""
        self._num_updates += 1
        self.step_update(self._num_updates)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer, and the count as ``"num_updates"``; a copy."""
        state = super().state_dict()
        state["num_updates"] = state.pop("_num_updates")
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore settings and count, and write the value of that moment into the parameter groups.

        Args:
            state_dict: What :meth:`state_dict` returned.

        Raises:
            ValueError: The state does not tell the count, so the schedule could not go on from it.
        """
        if "num_updates" not in state_dict:
            raise ValueError(
                f"this state of a {type(self).__name__} does not say how many updates were made ('num_updates' is not "
                f"among {sorted(state_dict)}): the schedule cannot go on from it. Leave the scheduler out when loading"
            )
        settings = {name: value for name, value in state_dict.items() if name != "num_updates"}
        super().load_state_dict({**settings, "_num_updates": state_dict["num_updates"]})
        if self._num_updates >= 0:
            self.step_update(self._num_updates)


def _plain_value(value: Any) -> Any:
    """A number without tensor or NumPy type, so that a state loads with ``weights_only=True``."""
    if isinstance(value, torch.Tensor):
        return value.item()
    return float(value) if isinstance(value, Real) else value
