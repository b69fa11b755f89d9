"""Trial runs inside a run: whatever they do to weights, optimizers and counters is undone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from groundwire_lightning.loggers.logger import DummyLogger
from groundwire_lightning.loops import fit

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


@contextmanager
def trial(trainer: Steered, callbacks: Sequence[Any], limits: Mapping[str, Any], **fields: Any) -> Iterator[None]:
    """Lay a run over the one under way, with callbacks and limits of its own and without loggers; take it away again.

    Args:
        trainer: A Trainer inside one of its runs.
        callbacks: Those of the trial.
        limits: Fields of :class:`~groundwire_lightning.loops.run.Limits` that it has of its own.
        **fields: Fields of its run likewise.
    """
    module, run = trainer.lightning_module, trainer._run
    weights, optimizers = deepcopy(module.state_dict()), [deepcopy(each.state_dict()) for each in trainer.optimizers]
    schedulers = [deepcopy(config.scheduler.state_dict()) for config in run.lr_scheduler_configs]
    try:
        with (
            trainer._heard_by(callbacks),
            trainer._logging_to([DummyLogger()] if trainer.loggers else []),
            trainer._laid_over(limits=dataclasses.replace(run.limits, **limits), **fields),
        ):
            yield
    finally:
        trainer._ask_to_stop(False)
        module.load_state_dict(weights)
        for optimizer, state in zip(trainer.optimizers, optimizers, strict=True):
            optimizer.load_state_dict(state)
        for config, state in zip(run.lr_scheduler_configs, schedulers, strict=True):
            config.scheduler.load_state_dict(state)


@contextmanager
def counters_kept(trainer: Steered) -> Iterator[None]:
    """Give the Trainer back its place in the run; what was logged meanwhile stays, as it does in Lightning."""
    progress, at = deepcopy(trainer.progress), dataclasses.replace(trainer.at)
    try:
        yield
    finally:
        trainer.progress.go_back_to(progress)
        trainer.at.go_back_to(at)
        trainer.run_history.reset()


def run_once(trainer: Steered) -> None:
    """Go through what the entry point does, once: train, evaluate or predict; loaders are asked for anew.

    Args:
        trainer: A Trainer inside one of its runs.
    """
    forget_loaders(trainer)
    run_with_loaders(trainer)


def run_with_loaders(trainer: Steered) -> None:
    """Go through what the entry point does, once, with the loaders that are there."""
    with counters_kept(trainer):
        trainer._ask_to_stop(False)
        if trainer._is_fitting:
            fit.train(trainer)
        else:
            getattr(trainer, trainer._running)()


def ask_for_loaders(trainer: Steered) -> None:
    """Ask for the loaders of the run anew."""
    forget_loaders(trainer)
    if trainer._is_fitting:
        trainer.load_training_data()
    trainer.load_evaluation_data()


def forget_loaders(trainer: Steered) -> None:
    """Let loaders be asked for when they are needed next."""
    run = trainer._run
    run.train_dataloader = run.eval_dataloader = run.feed = None
