"""Turns in a run: whether a batch is used more than once, by several optimizers or part by part, and by which step."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Protocol

from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.lightning_1 import optimizer_steps

if TYPE_CHECKING:
    from groundwire_lightning.loops.run import LightningRun
    from groundwire_lightning.loops.steered import Steered

    class Taking(Protocol):
        """A Trainer as the questions see it, with any order of hooks."""

        optimizer_frequencies: list[int]

        @property
        def _run(self) -> LightningRun: ...
        @property
        def lightning_module(self) -> Any:
            """The module of the run."""

        @property
        def optimizers(self) -> list[Any]:
            """Its optimizers."""

        @property
        def is_automatic(self) -> bool:
            """The trainer steps them."""


def chosen_step(trainer: Steered) -> Callable[..., Any] | None:
    """The step of a run that uses a batch more than once; None where each batch is used once.

    Args:
        trainer: Of whose run; asked before each epoch, so that a step need not ask.

    Raises:
        MisconfigurationException: Its batches are only looked at.
    """
    in_parts = takes_parts(trainer)
    if not (in_parts or steps_several(trainer)):
        return None
    if trainer.skips_backward and trainer.is_automatic:
        raise MisconfigurationException(
            f"{type(trainer.lightning_module).__qualname__}: a pass without backward has no optimizers that take "
            "turns, and no parts of batches; train with one optimizer, or without StochasticWeightAveraging"
        )
    if not trainer.is_automatic:
        return optimizer_steps.step_by_hand_in_parts
    turns = optimizer_steps.Turns.of(trainer.lightning_module, in_parts)
    return partial(optimizer_steps.step_in_turns, turns=turns)


def steps_several(trainer: Taking) -> bool:
    """True where the trainer steps several optimizers."""
    return trainer.is_automatic and len(trainer.optimizers) > 1


def takes_parts(trainer: Taking) -> bool:
    """True where a module asks for parts of batches, and its ``training_step`` has room for ``hiddens``."""
    module = trainer.lightning_module
    if not getattr(module, "truncated_bptt_steps", 0):
        return False
    parameters = inspect.signature(module.training_step).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return True
    places = [each for each in parameters if each.kind is not each.KEYWORD_ONLY and each.name != "optimizer_idx"]
    return len(places) > len(("batch", "batch_idx"))


def takes_turns(trainer: Taking) -> bool:
    """True in a run that uses a batch more than once."""
    return steps_several(trainer) or takes_parts(trainer)


def names_turn(trainer: Taking) -> bool:
    """True where ``training_step`` may be passed more than a batch and its number."""
    return _names_index(trainer.lightning_module) or takes_turns(trainer)


def _names_index(module: Any) -> bool:
    return "optimizer_idx" in inspect.signature(module.training_step).parameters


def let_find_unused(trainer: Steered) -> None:
    """Let DistributedDataParallel expect parameters without a gradient, where optimizers take turns.

    In a turn only those of one optimizer have one. Lightning 1 expected such parameters always, and what a strategy
    was told of it stands.

    Args:
        trainer: Whose model is about to be wrapped.
    """
    told = getattr(trainer.strategy, "_ddp_kwargs", {})
    if not steps_several(trainer) or "find_unused_parameters" in told:
        return
    from accelerate import DistributedDataParallelKwargs

    accelerator = trainer._accelerator
    accelerator.ddp_handler = DistributedDataParallelKwargs(**told, find_unused_parameters=True)


def told_whose_turn(trainer: Taking, training_step: Callable[..., Any]) -> Callable[..., Any]:
    """``training_step`` as it is called in turns: with what the turn adds to a batch and its number.

    A row passes what the signature has room for. What is passed depends on the run too: with one optimizer
    ``optimizer_idx=None`` keeps its default.

    Args:
        trainer: Whose run it is.
        training_step: The module's method.
    """

    @wraps(training_step)
    def step(*row: Any) -> Any:
        return training_step(*row[:2], *trainer._run.turn)

    return step


def reasons_to_nest(trainer: Taking) -> list[str]:
    """What forward and backward pass run within where a batch is used more than once, in words for a report.

    Args:
        trainer: Of whose run, before it or in it.
    """
    reasons = []
    if steps_several(trainer) or (trainer.is_automatic and _names_index(trainer.lightning_module)):
        shares = trainer.optimizer_frequencies
        turns = f"which use {shares} batches in a row" if shares else "one after the other at each batch"
        reasons.append(f"the steps of several optimizers, {turns} [1.x]")
    if takes_parts(trainer):
        size = trainer.lightning_module.truncated_bptt_steps
        reasons.append(f"a step for each part of a batch, {size} steps of time long [1.x]")
    return reasons


def refuse_turns(trainer: Taking) -> None:
    """Refuse ``train()`` for a module whose batches are used more than once.

    Raises:
        NotSupportedYetError: It has several optimizers that the trainer steps, or truncates backpropagation.
    """
    several = f"{len(trainer.optimizers)} optimizers that the trainer steps in turn" if steps_several(trainer) else ""
    parts = "truncated_bptt_steps" if takes_parts(trainer) else ""
    if reason := several or parts:
        raise NotSupportedYetError(
            f"{type(trainer.lightning_module).__qualname__} has {reason}, and train() uses each batch once; use "
            "groundwire_lightning.Trainer and fit()"
        )
