"""Named scalars, reduced over the steps of an epoch where they are, on the device.

The scalars of one place in the code that share a reduction and a type are stacked once and added
to one running vector: elementwise over names, one step after the other. Python numbers, and what
is on a CPU, where numbers are at hand, wait in their slot and are added later, in the same order
and with the roundings of their type. The sums are therefore those of adding each scalar by itself,
to the bit, at a fraction of the calls.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

__all__ = ["Ledger", "Slot", "least_dtype", "numbers"]

EMPTY = {"mean": 0.0, "sum": 0.0, "min": float("inf"), "max": float("-inf")}
"""Name of a reduction to what it begins with."""
FOLD_AFTER = 256
"""Values that wait at most before they are added up."""


class Slot:
    """One named scalar and what its values were reduced to so far.

    Attributes:
        reduce: ``"mean"`` (weighted), ``"sum"``, ``"min"`` or ``"max"``.
        place: Slots of one place are written together, step after step.
        weight: The weights of all values together.
        dtype: Of the numbers that wait; None for Python's own.
        home: Where they go once they are added.
        least: What it is reduced in, in case its values are of fewer bits: the default type when it was made.
        waiting: Each with its weight.
    """

    __slots__ = ("dtype", "group", "home", "index", "least", "line", "place", "reduce", "waiting", "weight")

    def __init__(self, reduce: str, place: Hashable) -> None:
        self.reduce = reduce
        self.place = place
        self.weight: Any = 0
        self.line: Line | None = None
        self.group: Group | None = None
        self.index = 0
        self.dtype: torch.dtype | None = None
        self.least = least_dtype()
        self.home = torch.device("cpu")
        self.waiting: list[tuple[Any, Any]] = []

    def clear(self) -> None:
        """Begin anew."""
        self.weight = 0
        self.waiting = []
        self.group = None
        if self.line is not None:
            self.line.group = None

    def go_on(self, running: Tensor | None, weight: Any) -> None:
        """Begin with what values before came to: what :meth:`running` gave, and their weight."""
        self.weight = weight
        if running is not None:
            Group([self], running.reshape(1))

    def running(self) -> Tensor | None:
        """The reduction so far, of a mean its weighted sum; None where nothing was added."""
        if self.waiting:
            self.fold()
        return None if self.group is None else self.group.vector[self.index]

    def fold(self) -> None:
        """Add the numbers that wait."""
        waiting, self.waiting = self.waiting, []
        if waiting:
            before = None if self.group is None else self.group.vector[self.index]
            least = self.least if before is None else before.dtype
            Group([self], _added(self.reduce, before, waiting, self.dtype or self.least, least).to(self.home))


class Group:
    """Slots whose running reductions are one vector."""

    __slots__ = ("slots", "vector")

    def __init__(self, slots: list[Any], vector: Tensor) -> None:
        self.slots = slots
        self.vector = vector
        for index, slot in enumerate(slots):
            slot.group, slot.index = self, index


class Line:
    """Values of one place, reduction and type that wait to be added.

    Attributes:
        dtype: Of the values.
        group: The slots that were written last, and their vector.
    """

    __slots__ = ("device", "dtype", "factor", "group", "reduce", "slots", "values", "weight", "weights")

    def __init__(self, reduce: str, dtype: torch.dtype, device: torch.device) -> None:
        self.reduce = reduce
        self.dtype = dtype
        self.device = device
        self.group: Group | None = None
        self.slots: list[Slot] = []
        self.values: list[Any] = []
        self.weights: list[Any] = []
        self.weight: Any = None
        self.factor: Tensor | None = None

    def flush(self) -> None:
        """Add what waits."""
        slots, values, weights = self.slots, self.values, self.weights
        self.slots, self.values, self.weights = [], [], []
        group = self.group
        if group is None or group.slots != slots:
            for start, end in pairwise(_runs(slots)):
                self._add_to(slots[start:end], values[start:end], weights[start:end])
            return
        group.vector = self._reduced(group.vector, self._stacked(values, weights))

    def _stacked(self, values: list[Any], weights: list[Any]) -> Tensor:
        stacked = torch.stack(values)
        if self.reduce != "mean":
            return stacked
        first = weights[0]
        if weights.count(first) != len(weights):
            return stacked * torch.tensor(weights, device=stacked.device)
        return stacked if first == 1 else stacked * self._factor(first, stacked.dtype)

    def _factor(self, weight: Any, dtype: torch.dtype) -> Any:
        """A weight as what multiplies fastest: a tensor on the host, kept for the next batch of that size."""
        if isinstance(weight, Tensor):
            return weight
        if weight != self.weight or self.factor is None or self.factor.dtype is not dtype:
            self.weight, self.factor = weight, torch.tensor(weight, dtype=dtype)
        return self.factor

    def _reduced(self, before: Tensor, stacked: Tensor) -> Tensor:
        if self.reduce == "min":
            return torch.minimum(before, stacked)
        if self.reduce == "max":
            return torch.maximum(before, stacked)
        return before + stacked

    def _add_to(self, slots: list[Slot], values: list[Any], weights: list[Any]) -> None:
        """Add to slots that were not written together before: their vector is put together first."""
        stacked = self._stacked(values, weights)
        before = [
            torch.full((), EMPTY[self.reduce], dtype=slot.least, device=stacked.device) if running is None else running
            for slot, running in ((slot, slot.running()) for slot in slots)
        ]
        if any(first.dtype != second.dtype for first, second in pairwise(before)):
            for index, slot in enumerate(slots):  # each keeps the precision that it has
                Group([slot], self._reduced(before[index], stacked[index]).reshape(1))
            self.group = None
        else:
            self.group = Group(slots, self._reduced(torch.stack(before), stacked))


def _added(
    reduce: str, before: Tensor | None, waiting: list[tuple[Any, Any]], dtype: torch.dtype, least: torch.dtype
) -> Tensor:
    """Numbers added to what there was, one after the other, each time rounded as tensors of that type are."""
    import numpy as np

    result = torch.promote_types(least, dtype)
    values, weights = zip(*waiting, strict=True)
    with np.errstate(all="ignore"):
        row = np.array(values, _name(dtype))
        if reduce == "mean":
            row = row * np.array(weights, row.dtype)
        row = np.append(np.array(EMPTY[reduce] if before is None else before.tolist(), _name(result)), row)
        step = {"min": np.minimum, "max": np.maximum}.get(reduce, np.add)
        total = step.accumulate(row)[-1]
    return torch.tensor([total.item()], dtype=result)


def _name(dtype: torch.dtype) -> str:
    return "float64" if dtype is torch.float64 else "float32"


def _runs(slots: Sequence[Slot]) -> list[int]:
    """Places to cut a list of slots at so that none of them is twice in a piece."""
    if len(set(map(id, slots))) == len(slots):
        return [0, len(slots)]
    cuts: list[int] = [0]
    seen: set[int] = set()
    for index, slot in enumerate(slots):
        if id(slot) in seen:
            cuts.append(index)
            seen.clear()
        seen.add(id(slot))
    return [*cuts, len(slots)]


class Ledger:
    """Takes values as they come and adds those of a place together.

    Attributes:
        waiting: Lines that have values to add; :meth:`flush` does it.
    """

    def __init__(self) -> None:
        self.waiting: list[Line] = []
        self._lines: dict[Hashable, Line] = {}

    def add(self, slot: Slot, value: Any, weight: Any, device: torch.device) -> None:
        """Take a value; it is in :meth:`Slot.running` after the next :meth:`flush`.

        Args:
            slot: What it is a value of.
            value: A Python number, or a tensor without dimensions that nobody writes to.
            weight: Its weight in a mean.
            device: Where Python numbers are put.
        """
        if not isinstance(value, Tensor):
            if not isinstance(weight, Tensor):
                self.add_number(slot, value, weight, None, device)
                return
            value = torch.tensor(value, dtype=slot.least, device=device)
        line, device = slot.line, value.device
        if line is None or line.dtype is not value.dtype or line.device != device:
            line = self._move(slot, value.dtype, device)
        if not line.slots:
            self.waiting.append(line)
        line.slots.append(slot)
        line.values.append(value)
        line.weights.append(weight)
        slot.weight += weight

    def add_number(
        self, slot: Slot, number: float, weight: float, dtype: torch.dtype | None, home: torch.device
    ) -> None:
        """Take a number, which :meth:`Slot.running` adds when it is asked for.

        Args:
            slot: What it is a value of.
            number: The number.
            weight: Its weight in a mean.
            dtype: The type to add it in, 32 or 64 bits; None for the default type.
            home: The device on which the result is.
        """
        if slot.line is not None or slot.dtype is not dtype or slot.home != home:
            self._leave(slot)
            slot.dtype, slot.home = dtype, home
        slot.waiting.append((number, weight))
        slot.weight += weight
        if len(slot.waiting) == FOLD_AFTER:
            slot.fold()

    def _leave(self, slot: Slot) -> None:
        """Add what waits of a slot before it takes values of another kind."""
        slot.fold()
        if slot.line is not None:
            self.flush()
            slot.line.group = None  # it would go on from what the slot was when it left
            slot.line = None

    def _move(self, slot: Slot, dtype: torch.dtype, device: torch.device) -> Line:
        self._leave(slot)
        if slot.group is not None and slot.group.vector.device != device:
            Group([slot], slot.group.vector[slot.index].reshape(1).to(device))
        key = (slot.place, slot.reduce, dtype, device)
        slot.line = self._lines.setdefault(key, Line(slot.reduce, dtype, device))
        return slot.line

    def flush(self) -> None:
        """Add everything that waits."""
        waiting, self.waiting = self.waiting, []
        for line in waiting:
            line.flush()


def least_dtype() -> torch.dtype:
    """The type that numbers are kept in: the default one, and at least 32 bits."""
    default = torch.get_default_dtype()
    return default if default in (torch.float32, torch.float64) else torch.float32


def numbers(values: Sequence[Tensor]) -> list[Any]:
    """Scalars as Python numbers, those of one type and device read together."""
    read: list[Any] = [None] * len(values)
    alike: dict[Any, list[int]] = {}
    for index, value in enumerate(values):
        alike.setdefault((value.dtype, value.device), []).append(index)
    for indices in alike.values():
        together = torch.stack([values[index].detach().reshape(()) for index in indices]).tolist()
        for index, number in zip(indices, together, strict=True):
            read[index] = number
    return read
