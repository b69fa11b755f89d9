"""Placeholders: numbers that only a run knows, named before ``train()`` and filled in by it.

No expression is ever evaluated from text: an operation on a placeholder builds a small tree, and
the tree is folded once the run knows its numbers.
"""

from __future__ import annotations

import copy
import operator
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from numbers import Number
from typing import Any, NoReturn

from groundwire.errors import GroundwireError

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ALLOWED = "with a placeholder one can do + - * / // % and unary minus, with numbers and with other placeholders"


class PlaceholderError(GroundwireError, ValueError):
    """A placeholder has no value in this run; the message says which, why, and what to pass instead."""


def _refusal(what: str) -> Callable[..., NoReturn]:
    def refuse(self: Placeholder, *others: object) -> NoReturn:
        raise TypeError(f"{self!r} cannot be {what}: it has no value before a run fills it in; {_ALLOWED}")

    return refuse


class Placeholder:
    """A number that only a run knows: one of :class:`TrainerPlaceholderValues`, or arithmetic on them."""

    # NumPy's scalars leave the operation to us instead of making an array of objects.
    __array_ufunc__ = None

    @abstractmethod
    def value_in(self, trainer: object) -> Any:
        """The number that this placeholder stands for in the present run of ``trainer``.

        Raises:
            PlaceholderError: The run does not know it.
        """

    def __add__(self, other: object) -> Placeholder:
        return _operation(self, "+", other)

    def __radd__(self, other: object) -> Placeholder:
        return _operation(other, "+", self)

    def __sub__(self, other: object) -> Placeholder:
        return _operation(self, "-", other)

    def __rsub__(self, other: object) -> Placeholder:
        return _operation(other, "-", self)

    def __mul__(self, other: object) -> Placeholder:
        return _operation(self, "*", other)

    def __rmul__(self, other: object) -> Placeholder:
        return _operation(other, "*", self)

    def __truediv__(self, other: object) -> Placeholder:
        return _operation(self, "/", other)

    def __rtruediv__(self, other: object) -> Placeholder:
        return _operation(other, "/", self)

    def __floordiv__(self, other: object) -> Placeholder:
        return _operation(self, "//", other)

    def __rfloordiv__(self, other: object) -> Placeholder:
        return _operation(other, "//", self)

    def __mod__(self, other: object) -> Placeholder:
        return _operation(self, "%", other)

    def __rmod__(self, other: object) -> Placeholder:
        return _operation(other, "%", self)

    def __neg__(self) -> Placeholder:
        return _operation(-1, "*", self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Number):
            raise TypeError(f"{self!r} cannot be compared with {other!r}: it has no value before a run; {_ALLOWED}")
        return isinstance(other, Placeholder) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    __lt__ = __le__ = __gt__ = __ge__ = _refusal("compared")
    __bool__ = _refusal("asked whether it is true")
    __int__ = __index__ = _refusal("turned into an int (divide with // to get a whole number)")
    __float__ = __complex__ = _refusal("turned into a float (divide with / to get one)")
    __round__ = __trunc__ = __floor__ = __ceil__ = _refusal("rounded (divide with // to get a whole number)")
    __abs__ = __pos__ = __invert__ = _refusal("used in this operation")
    __pow__ = __rpow__ = __divmod__ = __rdivmod__ = __matmul__ = __rmatmul__ = _refusal("used in this operation")
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _refusal("used in this operation")
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _refusal("used in this operation")


class TrainerPlaceholderValues(Placeholder, Enum):
    """Numbers of a run, to be used where a scheduler's factory needs them before the run exists.

    They stand anywhere in the arguments of a ``functools.partial`` (inside lists, tuples, dicts and
    nested partials too) that is given to ``train`` as ``create_scheduler_fn``, and compose with
    numbers and each other by ``+ - * / // %`` and unary minus::

        create_scheduler_fn = partial(
            torch.optim.lr_scheduler.LinearLR,
            total_iters=TrainerPlaceholderValues.NUM_EPOCHS
            * TrainerPlaceholderValues.NUM_UPDATE_STEPS_PER_EPOCH // 2,
        )
    """

    NUM_EPOCHS = "num_epochs"
    """Epochs of this run."""
    NUM_UPDATE_STEPS_PER_EPOCH = "num_update_steps_per_epoch"
    """Optimizer updates, and so scheduler steps, in an epoch; the same on every number of processes."""
    PER_PROCESS_NUM_UPDATE_STEPS_PER_EPOCH = "num_local_update_steps_per_epoch"
    """Optimizer updates that one process makes in an epoch."""
    TRAIN_DATALOADER_LEN = "_train_dataloader"
    """Batches that one process trains on in an epoch."""
    EVAL_DATALOADER_LEN = "_eval_dataloader"
    """Batches that one process evaluates on."""

    @classmethod
    def placeholder_set(cls) -> set[str]:
        """The names of all placeholders."""
        return set(cls.__members__)

    def value_in(self, trainer: object) -> Any:
        """The number in the present run of ``trainer``; raises as :meth:`Placeholder.value_in` does."""
        if self.name.endswith("_DATALOADER_LEN"):
            return self._length_of(getattr(trainer, self.value, None))
        run_config = getattr(trainer, "run_config", None)
        if run_config is None:
            raise PlaceholderError(f"{self!r} is not known: {type(trainer).__name__} has not begun a run. {_WAY_OUT}")
        value = getattr(run_config, self.value, None)
        if value is None:
            why = "was not given" if self.value == "num_epochs" else "is unknown, because the data has no length"
            raise PlaceholderError(f"{self!r} has no value in this run: run_config.{self.value} {why}. {_WAY_OUT}")
        return value

    def _length_of(self, loader: Any) -> int:
        phase = "training" if self is TrainerPlaceholderValues.TRAIN_DATALOADER_LEN else "evaluation"
        if loader is None:
            raise PlaceholderError(f"{self!r} has no value: there is no {phase} data in this run. {_WAY_OUT}")
        try:
            return len(loader)
        except (TypeError, NotImplementedError) as error:
            why = f"the {phase} data has no length ({error})"
            raise PlaceholderError(f"{self!r} has no value in this run: {why}. {_WAY_OUT}") from error

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


_WAY_OUT = "Pass a plain number in its place, or override create_scheduler()"


@dataclass(frozen=True, eq=False, repr=False)
class PlaceholderExpression(Placeholder):
    """An operation that waits for the numbers of a run; made by arithmetic on placeholders.

    Attributes:
        left: A number or a placeholder.
        symbol: One of ``+ - * / // %``.
        right: A number or a placeholder.
    """

    left: Any
    symbol: str
    right: Any

    def value_in(self, trainer: object) -> Any:
        """The result of the operation in the present run; raises as :meth:`Placeholder.value_in` does."""
        left, right = (
            side.value_in(trainer) if isinstance(side, Placeholder) else side for side in (self.left, self.right)
        )
        try:
            return _OPERATIONS[self.symbol](left, right)
        except ZeroDivisionError as error:
            raise PlaceholderError(
                f"{self!r} divides by zero in this run ({left!r} {self.symbol} {right!r})"
            ) from error

    def __repr__(self) -> str:
        sides = (
            f"({side!r})" if isinstance(side, PlaceholderExpression) else repr(side) for side in (self.left, self.right)
        )
        return f" {self.symbol} ".join(sides)


def _operation(left: object, symbol: str, right: object) -> PlaceholderExpression:
    for side in (left, right):
        if not isinstance(side, (Number, Placeholder)):
            raise TypeError(
                f"{left!r} {symbol} {right!r}: {side!r} is of type {type(side).__name__}, not a number; {_ALLOWED}"
            )
    return PlaceholderExpression(left, symbol, right)


def replace_trainer_placeholder_values(trainer: object, instance: Any) -> Any:
    """Fill in the placeholders among the arguments of a partial.

    Args:
        trainer: The Trainer whose run knows the numbers.
        instance: What was given as ``create_scheduler_fn``.

    Returns:
        A partial of the same function with numbers in place of placeholders, also in the lists,
        tuples, sets, dicts and partials among its arguments; ``instance`` itself where it is not a
        partial or holds no placeholder.

    Raises:
        PlaceholderError: The run does not know a number that is asked for.
    """
    return _filled(trainer, instance) if isinstance(instance, partial) else instance


def _filled(trainer: object, value: Any) -> Any:
    if isinstance(value, Placeholder):
        return value.value_in(trainer)
    if isinstance(value, partial):
        args, keywords = _filled(trainer, value.args), _filled(trainer, value.keywords)
        unchanged = args is value.args and keywords is value.keywords
        return value if unchanged else type(value)(value.func, *args, **keywords)
    if isinstance(value, dict):
        items = {key: _filled(trainer, item) for key, item in value.items()}
        if all(items[key] is item for key, item in value.items()):
            return value
        filled = copy.copy(value)
        filled.update(items)
        return filled
    if isinstance(value, (list, tuple, set, frozenset)):
        return _filled_elements(trainer, value)
    return value


def _filled_elements(trainer: object, value: Any) -> Any:
    elements = [_filled(trainer, element) for element in value]
    if all(new is old for new, old in zip(elements, value, strict=True)):
        return value
    make = getattr(type(value), "_make", type(value))  # named tuples take their fields one by one
    return make(elements)
