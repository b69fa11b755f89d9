"""Counters of a fit, as Lightning counts it, and where it is taken up; kept between fits and in checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Literal


@dataclass(slots=True)
class Count:
    """Counts of how often something was begun and done.

    Attributes:
        ready: It was about to begin.
        started: The hooks at its start had run.
        processed: It was done.
        completed: The hooks at its end had run.
    """

    ready: int = 0
    started: int = 0
    processed: int = 0
    completed: int = 0

    def plus(self, other: Count) -> Count:
        """The sum of two."""
        return Count(
            self.ready + other.ready,
            self.started + other.started,
            self.processed + other.processed,
            self.completed + other.completed,
        )

    def minus(self, other: Count) -> Count:
        """The difference of two."""
        return self.plus(Count(-other.ready, -other.started, -other.processed, -other.completed))


@dataclass(slots=True)
class Progress:
    """Counters of a Trainer's ``fit``.

    Attributes:
        epochs: Epochs completed; ``current_epoch``, which is the index of the epoch under way.
        processed: Epochs whose batches are done; one more than ``epochs`` while an epoch ends.
        epochs_ready: Epochs that were about to begin.
        epochs_started: Epochs whose start hooks have run.
        steps: Optimizer steps; ``global_step``.
        steps_ready: Optimizer steps that were about to be made.
        cleared: Times that gradients were cleared by the trainer.
        moved: Times that a scheduler was moved on.
        stepped: Batches that completed an update, however many optimizers stepped; the x-axis of loggers.
        batches: Training batches, all epochs together.
        ready: Batches of the epoch under way that were fetched.
        is_last: The batch in use is the last of its epoch.
        batch: Batches of the epoch under way, whose number that is ready is ``ready``.
        before: Batches of the epochs before it.
        at_start: ``steps``, ``cleared`` and ``moved`` when the epoch under way began.
        val_batch: Batches of the validation under way, or of the last one.
        val_before: Batches of the validations before it in this epoch.
        val_is_last: That validation came to its last batch.
        others: The last three of the entry points ``"validate"``, ``"test"`` and ``"predict"``, while another run
            is under way.
    """

    epochs: int = 0
    processed: int = 0
    epochs_ready: int = 0
    epochs_started: int = 0
    steps: int = 0
    steps_ready: int = 0
    cleared: int = 0
    moved: int = 0
    stepped: int = 0
    batches: int = 0
    ready: int = 0
    is_last: bool = False
    batch: Count = field(default_factory=Count)
    before: Count = field(default_factory=Count)
    at_start: tuple[int, int, int] = (0, 0, 0)
    val_batch: Count = field(default_factory=Count)
    val_before: Count = field(default_factory=Count)
    val_is_last: bool = False
    others: dict[str, tuple[Count, Count, bool]] = field(default_factory=dict)

    def go_back_to(self, place: Progress) -> None:
        """Count on from where a run stood before; who holds this object counts on from there too."""
        for name in fields(self):
            setattr(self, name.name, getattr(place, name.name))

    @contextmanager
    def counting(self, entry: str) -> Iterator[None]:
        """Count the batches of an entry point, apart from the validations of ``fit``."""
        outer = self.val_batch, self.val_before, self.val_is_last
        self.val_batch, self.val_before, self.val_is_last = self.others.get(entry, (Count(), Count(), False))
        try:
            yield
        finally:
            self.others[entry] = self.val_batch, self.val_before, self.val_is_last
            self.val_batch, self.val_before, self.val_is_last = outer

    def predicted(self, number: int) -> None:
        """Count the batches of a prediction that is over."""
        batch, before, _ = self.others.get("predict", (Count(), Count(), False))
        self.others["predict"] = Count(number, number, number, number), before.plus(batch), False

    def enter_epoch(self) -> None:
        """Begin to count the batches of an epoch."""
        self.batch.ready = self.ready
        self.before = self.before.plus(self.batch)
        self.batch = Count()
        self.ready, self.is_last = 0, False
        self.at_start = self.steps, self.cleared, self.moved
        self.val_before = Count().minus(self.val_batch)  # what was validated before the epoch is not counted

    def enter_validation(self) -> None:
        """Begin to count the batches of a validation."""
        self.val_before = self.val_before.plus(self.val_batch)
        self.val_batch = Count()
        self.val_is_last = False

    def forget_validation(self) -> None:
        """Count validations from the beginning."""
        self.val_batch, self.val_before, self.val_is_last = Count(), Count(), False


Place = Literal["between", "epoch start", "mid-epoch", "epoch end", "after the epoch"]


@dataclass(slots=True)
class Restart:
    """The place where a run is taken up; forgotten once the epoch that it was in is over.

    Attributes:
        in_epoch: An epoch was under way, or steps and not epochs are what counts.
        epoch: The moment of the epoch.
        batch: The moment of the batch: its end, or after it.
        in_validation: A validation was under way.
        of_lightning_1: Lightning 1 wrote the checkpoint; it moved on the schedulers of such an epoch once more.
        validated: Loaders of validation that it had been through when it wrote the checkpoint.
    """

    in_epoch: bool
    epoch: Place = "between"
    batch: Literal["between", "batch end", "after it"] = "between"
    in_validation: bool = False
    of_lightning_1: bool = False
    validated: int = 0

    @property
    def begins_epoch(self) -> bool:
        """The hooks at the start of the epoch are still to be run."""
        return self.epoch not in ("mid-epoch", "epoch end")
