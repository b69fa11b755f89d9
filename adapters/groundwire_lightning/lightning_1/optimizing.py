"""Runs that use a batch more than once, as Lightning 1 did: which step they take, and what else differs in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.lightning_1 import optimizer_steps
from groundwire_lightning.loops.updates_choice import steps_several, takes_parts

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered, Used


def chosen_step(trainer: Steered) -> Callable[..., Any]:
    """The step of a run that uses a batch more than once.

    Args:
        trainer: Of whose run; asked before each epoch, so that a step need not ask.

    Raises:
        MisconfigurationException: Its batches are only looked at.
    """
    if trainer.skips_backward and trainer.is_automatic:
        raise MisconfigurationException(
            f"{type(trainer.lightning_module).__qualname__}: a pass without backward has no optimizers that take "
            "turns, and no parts of batches; train with one optimizer, or without StochasticWeightAveraging"
        )
    if not trainer.is_automatic:
        return optimizer_steps.step_by_hand_in_parts
    turns = optimizer_steps.Turns.of(trainer.lightning_module, takes_parts(trainer))
    return partial(optimizer_steps.step_in_turns, turns=turns)


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


def told_whose_turn(trainer: Used, training_step: Callable[..., Any]) -> Callable[..., Any]:
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


def refuse_turns(trainer: Used) -> None:
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
