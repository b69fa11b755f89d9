"""Runs: each holds what belongs to it, so that a run inside a run can be laid over it and taken away again."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from groundwire.data.order import DataOrder
from groundwire.request import EvaluateRequest, TrainRequest
from groundwire.run_config import TrainerRunConfig
from groundwire.run_state import RunState
from groundwire.tables.hooks import Stage

__all__ = ["Run", "of_part", "of_run"]


@dataclass(slots=True, eq=False)
class Run:
    """One run of a Trainer: what is asked for, and what it is made of.

    A Trainer has one from its construction on: between runs it is that of the last one. Its names stand
    on the Trainer as well, as properties that :func:`of_run` makes. An adapter adds fields in a subclass,
    which its Trainer class names as ``run_class``.

    Attributes:
        hook: The Trainer hook that is the run.
        stage: How far it is wired; ``"init"`` while none is under way.
        at: Where it is.
        model: What is trained or evaluated, in its wrappers.
        optimizer: What updates it.
        scheduler: What moves on with the updates.
        run_config: What will be run, in numbers.
        request: The arguments of the entry point.
        train_dataset: What batches are made of, as it was given.
        eval_dataset: What batches to evaluate or predict are made of.
        collate_fn: Makes a batch of samples.
        create_scheduler_fn: Makes the scheduler from the optimizer.
        train_dataloader: Where training batches come from.
        eval_dataloader: Where batches to evaluate or predict come from.
        train_dl_kwargs: Arguments of the loader: those that were given, then those that it was made with.
        eval_dl_kwargs: The same for evaluation.
        data_order: Which sample comes next.
        resumed: The training state that the run goes on from, until all of it was given back.
        predictions: Those that are to be returned, where that was asked for.
    """

    hook: str = "_run_training"
    stage: Stage = "init"
    at: RunState = field(default_factory=RunState)
    model: Any = None
    optimizer: Any = None
    scheduler: Any = None
    run_config: TrainerRunConfig | None = None
    request: TrainRequest | EvaluateRequest | None = None
    train_dataset: Any = None
    eval_dataset: Any = None
    collate_fn: Callable[..., Any] | None = None
    create_scheduler_fn: Callable[..., Any] | None = None
    train_dataloader: Any = None
    eval_dataloader: Any = None
    train_dl_kwargs: Any = None
    eval_dl_kwargs: Any = None
    data_order: DataOrder | None = None
    resumed: dict[str, Any] | None = None
    predictions: list[Any] | None = None

    def end(self, before: Run) -> None:
        """Leave what a Trainer has between runs, as far as it is not that of the run ``before``.

        Training leaves everything; an evaluation or a prediction leaves the place where training is.
        """
        self.at.phase = "idle"
        if self.hook == "_run_training":
            if self.data_order is not None:
                self.data_order.close()
        else:
            self.at, self.predictions = before.at, None
        self.hook, self.stage = before.hook, "init"


def of_part(path: str) -> Any:
    """A name of the Trainer for a field of an object that it holds: read as fast as an attribute, and written there.

    Args:
        path: The attribute that holds the object, a dot, and its field; between them may stand further objects.
    """
    within, _, name = path.rpartition(".")
    holder = operator.attrgetter(within)

    def put(trainer: object, value: Any) -> None:
        setattr(holder(trainer), name, value)

    # attrgetter: a step reads such names, and a function of Python would cost it a call
    return property(operator.attrgetter(path), put, doc=f"``{name}`` of the part that has it.")


def of_run(field: str) -> Any:
    """A name of the Trainer for a field of its run.

    Args:
        field: The field of :class:`Run`; behind a dot, that of an object that it holds.
    """
    of_it = of_part(f"_run.{field}")
    of_it.__doc__ = f"``{field.rpartition('.')[2]}`` of the run under way, or of the last one."
    return of_it
