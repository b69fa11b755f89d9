"""Steps that read batches themselves, ``training_step(self, dataloader_iter)`` and the like: what they are given.

Such a batch is neither moved to the device nor shown to the transfer hooks. The hooks before a step
are told the batch that was read before it, those after it the one that was read last.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from groundwire import Gap, HookMap, Row, RunState
from groundwire_lightning.data.feed import Feed
from groundwire_lightning.errors import PossibleUserWarning
from groundwire_lightning.utilities.combined_loader import Triple

READER_OF_STEP = {
    "training_step": ("trainer.reader", "on_train_batch_end"),
    "validation_step": ("trainer.eval_reader", "on_validation_batch_end"),
    "test_step": ("trainer.eval_reader", "on_test_batch_end"),
    "predict_step": ("trainer.eval_reader", "on_predict_batch_end"),
}
"""Step to where its reader is, and the hook that is told what was read."""


class Reader(Feed):
    """The batches of one pass, in the hands of a step: ``batch, batch_idx, dataloader_idx = next(reader)``.

    Args:
        loader: Any iterable of batches, or several combined.
        batches: How many at most; may be infinite.
        at: Told which of several loaders a batch is from.

    Attributes:
        batch: The one that was read last; None before the first.
        number: Its number.
        done: There are no more, as far as that is known: without a length it is known once one was asked for.
        fetched: Batches that were read.
        length: Batches that there are; None where nobody says.
    """

    def __init__(self, loader: Any, batches: float, at: RunState | None = None) -> None:
        super().__init__(loader, batches, looks_ahead=False)
        self.batch: Any = None
        self.number = 0
        self.fetched = 0
        self.length = None if batches == float("inf") else int(batches)
        self.done = batches == 0
        self.loader_index = 0
        self._at = at

    def begin_at(self, number: int, at_least_one: bool = False) -> None:
        """Count ``number`` batches as read: they were, in an earlier run."""
        super().begin_at(number, at_least_one)
        self.fetched += number

    def __iter__(self) -> Iterator[Triple]:
        return self

    def __next__(self) -> Triple:
        found: Triple | None = None if self.done else next(self._iterator, None)
        if found is None:
            self.done = True
            raise StopIteration
        self.fetched += 1
        self.done = self.length is not None and self.fetched >= self.length
        self.batch, self.number, self.loader_index = found
        if self._at is not None:
            self._at.loader = self.loader_index
        return found

    def more(self, ready: int, most: float) -> bool:
        """True where another step is due.

        Args:
            ready: Steps of the epoch so far.
            most: Steps that there are at most.
        """
        owes, self._owes_one = self._owes_one, False
        return not self.done and (owes or ready < most)


def reads_batches(step: Any) -> bool:
    """True for a step that has a parameter ``dataloader_iter``, in its own place."""
    step = getattr(step, "__wrapped__", step)
    return callable(step) and "dataloader_iter" in inspect.getfullargspec(step).args[1:]


def steps_that_read(module: Any) -> frozenset[str]:
    """The steps of a module that read batches themselves."""
    found = frozenset(name for name in READER_OF_STEP if reads_batches(getattr(module, name, None)))
    if found:
        from groundwire.errors import rank_zero_warn

        rank_zero_warn(
            f"{', '.join(sorted(found))} of {type(module).__qualname__} reads from dataloader_iter: a step may read "
            "several batches, but hooks are told of one, batch numbers and accumulate_grad_batches count steps, and "
            "nothing moves the batches to the device",
            category=PossibleUserWarning,
        )
    return found


@functools.cache
def reading_table(table: HookMap, steps: frozenset[str]) -> HookMap:
    """The table of a run in which these steps read batches themselves; itself where none does.

    Args:
        table: Of Lightning's hooks.
        steps: Their names.
    """
    if not steps:
        return table
    ends = {READER_OF_STEP[step][1]: READER_OF_STEP[step][0] for step in steps}
    return replace(table, rows=tuple(_reading(line, steps, ends) for line in table.rows))


def _reading(line: Row | Gap, steps: frozenset[str], ends: dict[str, str]) -> Row | Gap:
    if isinstance(line, Gap):
        return line
    if line.method in steps:
        turn = None if line.turn is None else _of_no_batch(line.turn)
        return replace(line, args=(READER_OF_STEP[line.method][0],), maybe=frozenset(), turn=turn)
    if (reader := ends.get(line.method)) is None:
        return line
    told = {"batch": f"{reader}.batch", "step": f"{reader}.number"}
    return replace(line, args=tuple(told.get(name, name) for name in line.args))


def _of_no_batch(turn: Callable[..., Any]) -> Callable[..., Any]:
    """Each step weighs the same in a mean: how much it read is its own affair."""

    def turned(returned: Any, batch: Any) -> Any:
        return turn(returned, None)

    return turned
