"""The position of a run: the loop writes it, everyone may read it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from groundwire.measured.time_ledger import Spent

Phase = Literal["idle", "train", "eval", "predict"]
Ahead = Literal["epoch", "train", "eval", "end", "count"]


@dataclass(slots=True)
class RunState:
    """Epoch, batch and update of a run, read by callbacks and by rows as ``at.…``.

    Attributes:
        phase: The kind of batches under way.
        epoch: Epoch of this run, from 1; 0 before the first.
        step: Training batch of the epoch, from 0.
        update: Optimizer updates done in this run.
        eval_step: Batch of the evaluation or prediction under way, from 0.
        loader: Which of several loaders the batch comes from; an adapter sets it.
        window: Batches averaged in the update under way.
        is_update: True while the batch is used that completes an update.
        items: Sum of ``num_items_in_batch`` over the window so far; None where losses count by batch.
        done: Training batches that the epoch under way has behind it, updates included; 0 when its
            training is over.
        ahead: What comes next: a new ``"epoch"``, or of this one its training, its evaluation, its
            end, or only that it is counted.
        spent: Where the time of the epoch under way went so far.
    """

    phase: Phase = "idle"
    epoch: int = 0
    step: int = 0
    update: int = 0
    eval_step: int = 0
    loader: int = 0
    window: int = 1
    is_update: bool = True
    items: Any = None
    done: int = 0
    ahead: Ahead = "epoch"
    spent: Spent = field(default_factory=Spent)

    def go_back_to(self, place: RunState) -> None:
        """Stand where the run stood before; who holds this object sees it too."""
        for field_ in fields(self):
            setattr(self, field_.name, getattr(place, field_.name))
