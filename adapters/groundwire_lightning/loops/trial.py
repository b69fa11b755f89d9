"""Trial runs inside a run: whatever they do to weights, optimizers and counters is undone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from groundwire_lightning.loggers.logger import DummyLogger
from groundwire_lightning.loops import fit

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

SETTINGS = (
    "max_steps",
    "limit_train_batches",
    "limit_val_batches",
    "limit_test_batches",
    "limit_predict_batches",
    "lr_scheduler_configs",
    "scheduler",
    "monitored",
    "results",
    "_feed",
    "_batch_output",
    "_predictions",
)
"""Attributes of a Trainer that a trial may set, or that change while it runs."""


@contextmanager
def trial(trainer: Steered, callbacks: Sequence[Any]) -> Iterator[None]:
    """Let a trial use the Trainer with callbacks of its own, without loggers; give back what it had.

    Args:
        trainer: A Trainer inside one of its runs.
        callbacks: Those of the trial.
    """
    module = trainer.lightning_module
    settings = {name: vars(trainer)[name] for name in SETTINGS if name in vars(trainer)}
    before, loggers = list(trainer.callbacks), trainer.loggers
    weights, optimizers = deepcopy(module.state_dict()), [deepcopy(each.state_dict()) for each in trainer.optimizers]
    schedulers = [deepcopy(config.scheduler.state_dict()) for config in trainer.lr_scheduler_configs]
    try:
        trainer.callbacks = callbacks
        if loggers:
            trainer.loggers = [DummyLogger()]
        yield
    finally:
        trainer.callbacks = before
        if loggers:
            trainer.loggers = loggers
        vars(trainer).update(settings)
        trainer.should_stop = False
        module.load_state_dict(weights)
        for optimizer, state in zip(trainer.optimizers, optimizers, strict=True):
            optimizer.load_state_dict(state)
        for config, state in zip(trainer.lr_scheduler_configs, schedulers, strict=True):
            config.scheduler.load_state_dict(state)


@contextmanager
def counters_kept(trainer: Steered) -> Iterator[None]:
    """Give the Trainer back its place in the run; what was logged meanwhile stays, as it does in Lightning."""
    progress, at = deepcopy(trainer.progress), dataclasses.replace(trainer.at)
    try:
        yield
    finally:
        trainer.progress = progress
        for field in dataclasses.fields(at):
            setattr(trainer.at, field.name, getattr(at, field.name))
        trainer.run_history.reset()


def run_once(trainer: Steered) -> None:
    """Go through what the entry point does, once: train, evaluate or predict; loaders are asked for anew.

    Args:
        trainer: A Trainer inside one of its runs.
    """
    forget_loaders(trainer)
    with counters_kept(trainer):
        trainer.should_stop = False
        if trainer._is_fitting:
            fit.train(trainer)
        else:
            getattr(trainer, trainer._running)()


def ask_for_loaders(trainer: Steered) -> None:
    """Ask for the training loader anew."""
    forget_loaders(trainer)
    if trainer._is_fitting:
        trainer.load_training_data()


def forget_loaders(trainer: Steered) -> None:
    """Let loaders be asked for when they are needed next."""
    trainer._train_dataloader = trainer._eval_dataloader = trainer._feed = None
