"""The run of a Lightning module: all that belongs to one, beside what belongs to any run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from groundwire import HookMap
from groundwire.run.run import Run
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.data.feed import Feed
from groundwire_lightning.map import ONE_LOADER
from groundwire_lightning.utilities.types import LRSchedulerConfig


@dataclass(slots=True, eq=False)
class Limits:
    """Limits: how long to fit, and how many batches of each loader are used; the Trainer's arguments of these names."""

    max_epochs: int | None = None
    min_epochs: int | None = None
    max_steps: int = -1
    min_steps: int | None = None
    limit_train_batches: int | float = 1.0
    limit_val_batches: int | float = 1.0
    limit_test_batches: int | float = 1.0
    limit_predict_batches: int | float = 1.0


@dataclass(slots=True, eq=False)
class LightningRun(Run):
    """A run of a Lightning module.

    Attributes:
        purpose: The entry point that it belongs to.
        is_inner: It was launched while another was under way.
        sanity_checking: The short validation before the first batch is under way.
        loaders_given: The module's methods that are not asked for a loader, since the call brought it.
        table: The table of the run: where there are several loaders, hooks are told which.
        limits: Shared by all runs of a Trainer, but for a trial, which has limits of its own.
        feed: The training batches that were opened before their epoch.
        listed: The optimizers, where the module made them.
        optimizer_frequencies: How many batches in a row each optimizer gets; empty where each gets all.
        lr_scheduler_configs: Its schedulers, and when each moves on.
        monitored: The metric of the scheduler that is being moved on.
        results: What an evaluation logged, by name; a dictionary for each loader.
        batch_output: What the training step under way has come to.
        step_outputs: What ``on_train_batch_end`` is given; None until somebody asks.
        split_outputs: What the step came to by part of the batch and by optimizer; None where there is one of each.
        turn: What ``training_step`` is passed behind the number of its batch: in turns, whose it is.
        running_loss: The losses of the last batches, where code of Lightning 1 asks for them.
    """

    purpose: TrainerFn = TrainerFn.FITTING
    is_inner: bool = False
    sanity_checking: bool = False
    loaders_given: frozenset[str] = frozenset()
    table: HookMap = ONE_LOADER
    limits: Limits = field(default_factory=Limits)
    feed: Feed | None = None
    listed: list[Any] | None = None
    optimizer_frequencies: list[int] = field(default_factory=list)
    lr_scheduler_configs: list[LRSchedulerConfig] = field(default_factory=list)
    monitored: Any = None
    results: list[dict[str, float]] = field(default_factory=list)
    batch_output: Any = None
    step_outputs: Any = None
    split_outputs: list[Any] | None = None
    turn: tuple[Any, ...] = ()
    running_loss: Any = None

    def let_go_of_batch(self) -> None:
        """Forget what the last training step came to, and with it the graph of its batch."""
        self.batch_output = self.step_outputs = self.split_outputs = None

    def end(self, before: Run) -> None:
        """Leave what a Trainer has between runs; which loaders and tables there were is for the next one to say."""
        Run.end(self, before)  # a class with slots is made twice, and super() knows the first
        assert isinstance(before, LightningRun)
        self.is_inner, self.sanity_checking = before.is_inner, before.sanity_checking
        self.loaders_given, self.table = before.loaders_given, before.table
