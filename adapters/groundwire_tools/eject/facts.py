"""Facts of a run that decide what its loop looks like when it is written out, and the refusal where it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class NotPlainError(Exception):
    """Something of the program has no plain counterpart; the message names it, its place and the way out."""


@dataclass(frozen=True)
class Listener:
    """A callback that the loop calls.

    Attributes:
        name: The name of its class.
        variable: The variable that the loop calls it by.
        hooks: The hooks that it brings.
        settings: The attributes of a standard one that its plain counterpart goes by; empty for one of the program.
    """

    name: str
    variable: str
    hooks: frozenset[str]
    settings: dict[str, Any]


@dataclass(frozen=True)
class Scheduler:
    """A scheduler that the loop moves on.

    Attributes:
        path: Where it is in what ``configure_optimizers`` returns, as a subscript.
        interval: ``"step"`` or ``"epoch"``.
        frequency: How many of these between two moves.
        monitor: The logged value that it waits for; None for one that waits for none.
        strict: A monitored value that is missing is an error.
    """

    path: str
    interval: str
    frequency: int
    monitor: str | None
    strict: bool


@dataclass(frozen=True)
class Facts:
    """What is known of a run before its first batch.

    Attributes:
        is_fit: The call is ``fit``; otherwise nothing is known of optimizers and training data.
        module: The hooks that the module brings.
        data: Those of the data module; None without one.
        listeners: The callbacks in the order of ``callbacks=``.
        is_alone: ``callbacks=`` is one callback, and no list.
        order: Indices of these in the order in which they are told.
        left_out: Names of what only watches the run, and is not written.
        settings: The Trainer's arguments, as they were understood.
        given: Loaders that the call was given, by the name of the module's method.
        automatic: The Trainer makes the updates.
        nested: The optimizer's step evaluates the loss itself.
        optimizers: Where each optimizer is in what ``configure_optimizers`` returns.
        schedulers: Likewise, with what they go by.
        by_hand: Where each scheduler is that the module moves on itself.
        may_skip: ``training_step`` may return None, which makes no gradients.
        validates: There are a validation step and data for it.
        is_early: The training loader was asked for before the run began, as ``estimated_stepping_batches`` does.
        batches: Training batches of an epoch; None where the loader does not say.
        has_length: The training loader says how many batches it has.
        val_batches: Validation batches; None where the loader does not say.
        takes_index: The steps that take the index of a batch.
        val_check_batch: Batches between two validations; None where the epoch has one, at its end.
        sets_epoch: The sampler of the training loader is told the epoch.
        sized: A path from a batch to its first tensor, such as ``[0]``; None where no batch could be looked at.
        returns: What ``training_step`` returned: ``"tensor"``, ``"dict"``, or ``"unknown"``.
        trains_whole: Every part of the module is in train mode as training begins.
        has_metrics: The module holds torchmetrics objects.
        device: The device of the run, such as ``"cpu"``.
        autocast: The type that steps are computed in; None for that of the weights.
        hparams: The names that ``save_hyperparameters`` kept.
        data_hparams: The names that the data module's kept.
        members: Names that a module inherits from Lightning's class and not from torch's.
    """

    is_fit: bool
    module: frozenset[str]
    data: frozenset[str] | None
    listeners: tuple[Listener, ...]
    is_alone: bool
    order: tuple[int, ...]
    left_out: tuple[str, ...]
    settings: dict[str, Any]
    given: frozenset[str]
    automatic: bool
    nested: bool
    optimizers: tuple[str, ...]
    schedulers: tuple[Scheduler, ...]
    by_hand: tuple[str, ...]
    may_skip: bool
    validates: bool
    is_early: bool
    batches: int | None
    has_length: bool
    val_batches: int | None
    takes_index: frozenset[str]
    val_check_batch: int | None
    sets_epoch: bool
    sized: str | None
    returns: str
    trains_whole: bool
    has_metrics: bool
    device: str
    autocast: str | None
    hparams: tuple[str, ...]
    data_hparams: tuple[str, ...]
    members: frozenset[str]

    def told(self) -> list[Listener]:
        """The callbacks in the order in which they are told."""
        return [self.listeners[index] for index in self.order]

    def has(self, *hooks: str) -> bool:
        """True if anybody brings one of these hooks."""
        everyone = [self.module, self.data or frozenset(), *(listener.hooks for listener in self.listeners)]
        return any(hook in hooks_of for hook in hooks for hooks_of in everyone)
