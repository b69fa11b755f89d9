"""Readers for steps that read batches themselves, such as ``training_step(self, dataloader_iter)``.

Such a batch is neither moved to the device nor passed through the transfer hooks. The hooks before a step
get the batch that was read before it, those after it the one that was read last.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from groundwire import Gap, HookMap, Row, RunState
from groundwire.errors import rank_zero_warn
from groundwire_lightning.data.feed import Feed
from groundwire_lightning.errors import PossibleUserWarning
from groundwire_lightning.utilities.combined_loader import Triple

READER_OF_STEP = {
    "training_step": ("trainer.reader", "on_train_batch_end"),
    "validation_step": ("trainer.eval_reader", "on_validation_batch_end"),
    "test_step": ("trainer.eval_reader", "on_test_batch_end"),
    "predict_step": ("trainer.eval_reader", "on_predict_batch_end"),
}
"""Step to the place of its reader in a row of the table, and to the hook that gets the batch it read."""


class Reader(Feed):
    """An iterator over the batches of one pass, for a step: ``batch, batch_idx, dataloader_idx = next(reader)``.

    Args:
        loader: Any iterable of batches, or several combined.
        batches: The most batches to read; may be infinite.
        at: The position of the run, in which the loader of each batch is noted.

    Attributes:
        batch: The batch that was read last; None before the first.
        number: Its index in the pass.
        done: True once no batch is left; without a length that is known only after one too many was asked for.
        fetched: Batches that were read.
        length: Batches of the pass; None where that is not known.
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
        """Count ``number`` batches as read, since they were read in an earlier run."""
        super().begin_at(number, at_least_one)
        self.fetched += number

    def __iter__(self) -> Iterator[Triple]:
        return self

    def __next__(self) -> Triple:
        triple: Triple | None = None if self.done else next(self._iterator, None)
        if triple is None:
            self.done = True
            raise StopIteration
        self.fetched += 1
        self.done = self.length is not None and self.fetched >= self.length
        self.batch, self.number, self.loader_index = triple
        if self._at is not None:
            self._at.loader = self.loader_index
        return triple

    def more(self, ready: int, most: float) -> bool:
        """True where another step is due; a step that is owed after a resume is due in any case, once.

        Args:
            ready: Steps of the epoch so far.
            most: The most steps of the epoch.
        """
        owes, self._owes_one = self._owes_one, False
        return not self.done and (owes or ready < most)


def reads_batches(step: Any) -> bool:
    """True for a step that has a parameter ``dataloader_iter``, other than its first."""
    step = getattr(step, "__wrapped__", step)  # one wrapper is seen through, as by Lightning
    return callable(step) and "dataloader_iter" in inspect.getfullargspec(step).args[1:]


def steps_that_read(module: Any) -> frozenset[str]:
    """The names of a module's steps that read batches themselves; warns of what that means."""
    steps = frozenset(name for name in READER_OF_STEP if reads_batches(getattr(module, name, None)))
    if steps:
        rank_zero_warn(
            f"{', '.join(sorted(steps))} of {type(module).__qualname__} reads from dataloader_iter: a step may read "
            "several batches, but hooks are told of one, batch numbers and accumulate_grad_batches count steps, and "
            "nothing moves the batches to the device",
            category=PossibleUserWarning,
        )
    return steps


@functools.cache
def reading_table(table: HookMap, steps: frozenset[str]) -> HookMap:
    """The table of hooks for a run in which some steps read batches themselves; itself where none does.

    Args:
        table: The table of Lightning's hooks.
        steps: The names of these steps.
    """
    if not steps:
        return table
    ends = {READER_OF_STEP[step][1]: READER_OF_STEP[step][0] for step in steps}
    return replace(table, rows=tuple(_reading_row(line, steps, ends) for line in table.rows))


def _reading_row(line: Row | Gap, steps: frozenset[str], ends: dict[str, str]) -> Row | Gap:
    """A row that passes the reader to a step, or the batch it read to the hook after it; any other as it is."""
    if isinstance(line, Gap):
        return line
    if line.method in steps:
        turn = None if line.turn is None else _of_no_batch(line.turn)
        return replace(line, args=(READER_OF_STEP[line.method][0],), maybe=frozenset(), turn=turn)
    if (reader := ends.get(line.method)) is None:
        return line
    read = {"batch": f"{reader}.batch", "step": f"{reader}.number"}
    return replace(line, args=tuple(read.get(name, name) for name in line.args))


def _of_no_batch(turn: Callable[..., Any]) -> Callable[..., Any]:
    """A ``turn`` that is not shown the batch, so that each step weighs the same in a mean, however much it read."""

    def turned(returned: Any, batch: Any) -> Any:
        return turn(returned, None)

    return turned
