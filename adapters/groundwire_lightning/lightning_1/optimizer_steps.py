"""The steps in which Lightning 1 used a batch more than once: by each optimizer in turn, and part by part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.old_calls import Toggle, toggling
from groundwire_lightning.core.optimizer import do_nothing_closure
from groundwire_lightning.guests import method_of
from groundwire_lightning.lightning_1.truncated import Hidden, parts_along_time
from groundwire_lightning.loops.steps import Closure, end_of_step
from groundwire_lightning.loops.turns import active
from groundwire_lightning.loops.updates import run_step_by_hand

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

Outputs = dict[str, Any]
"""What ``training_step`` came to in a turn."""


@dataclass(frozen=True, slots=True)
class Turns:
    """What is known of the turns of a run before its steps.

    Attributes:
        is_cut: A batch is used in parts.
        toggle: Lets the parameters of one optimizer alone require gradients.
        untoggle: Takes that back.
    """

    is_cut: bool
    toggle: Toggle
    untoggle: Toggle

    @classmethod
    def of(cls, module: Any, is_cut: bool) -> Turns:
        """The turns of a module."""
        return cls(is_cut, *toggling(method_of(module, "toggle_optimizer"), method_of(module, "untoggle_optimizer")))


def step_in_turns(trainer: Steered, batch: Any, step: int, turns: Turns) -> Any:
    """A batch that each of several optimizers uses in turn, as a whole or part by part.

    Args:
        trainer: Whose run it is.
        batch: The batch.
        step: Its number.
        turns: The turns of the run.
    """
    trainer.progress.batch.started += 1
    trainer.plan.on_train_step_start(step)
    count, hidden, batch_output = len(trainer.optimizers), Hidden(turns.is_cut), None
    window = trainer.at.window
    indices = active(count, trainer.optimizer_frequencies, step)
    outputs: list[list[Outputs | None]] = []
    for part in parts_along_time(trainer, batch, turns.is_cut):
        of_part: list[Outputs | None] = [None] * count
        for index in indices:
            trainer.at.window = window  # one that turns out to be short is corrected for each
            with _whose_turn(trainer, index, turns, hidden):
                batch_output = _step_of(trainer, part, step)
            hidden.take(batch_output)
            of_part[index] = _outputs(trainer, batch_output)
        outputs.append(of_part)
    _put_down(trainer, outputs)
    end_of_step(trainer, step, updates=False)  # each was counted as it was made
    return batch_output


def step_by_hand_in_parts(trainer: Steered, batch: Any, step: int) -> Any:
    """A batch that a module which makes its updates itself uses part by part."""
    trainer.progress.batch.started += 1
    run, hidden, batch_output = trainer._run, Hidden(is_cut=True), None
    outputs: list[list[Outputs | None]] = []
    try:
        for part in parts_along_time(trainer, batch, is_cut=True):
            run.turn = hidden.passed
            batch_output = run_step_by_hand(trainer, part, step)
            hidden.take(batch_output)
            outputs.append([_outputs(trainer, batch_output)])
    finally:
        run.turn = ()
    _put_down(trainer, outputs)
    end_of_step(trainer, step, updates=False)
    return batch_output


def outputs_of_batch(outputs: list[list[Outputs | None]]) -> Any:
    """The ``outputs`` of ``on_train_batch_end``: without a level that has one entry, and without what came to nothing.

    Args:
        outputs: By part and by optimizer.
    """
    by_part = [of_part for of_part in outputs if any(one is not None for one in of_part)]
    if not by_part:
        return []
    if len(by_part[0]) == 1:
        single = [of_part[0] for of_part in by_part]
        return single[0] if len(single) == 1 else single
    present = [[one for one in of_part if one is not None] for of_part in by_part]
    return present[0] if len(present) == 1 else present


def _put_down(trainer: Steered, outputs: list[list[Outputs | None]]) -> None:
    run = trainer._run
    run.split_outputs = [of_part for of_part in outputs if any(one is not None for one in of_part)]
    run.step_outputs = outputs_of_batch(outputs)


@contextmanager
def _whose_turn(trainer: Steered, index: int, turns: Turns, hidden: Hidden) -> Iterator[None]:
    """Let one optimizer be the one in use, whose parameters alone require gradients."""
    run, optimizer, several = trainer._run, trainer.optimizers[index], len(trainer.optimizers) > 1
    outer, run.optimizer = run.optimizer, optimizer
    run.turn = (index, *hidden.passed) if several else hidden.passed
    try:
        if several:
            turns.toggle(optimizer, index)
        yield
    finally:
        if several:
            turns.untoggle(optimizer, index)
        run.optimizer, run.turn = outer, ()


def _step_of(trainer: Steered, part: Any, step: int) -> Any:
    """Forward and backward pass for the optimizer in use, and its update where the batch completes one."""
    closure = Closure(trainer, part, step)
    if not trainer.at.is_update:
        closure()
        return closure.batch_output
    handle = trainer.lightning_optimizer
    steps: list[None] = []
    handle._on_before_step = lambda: steps.append(None)
    trainer._update_begins()
    try:
        with trainer._with_closure(closure):
            trainer.plan.optimizer_step()
    finally:
        handle._on_before_step = do_nothing_closure
    trainer._update_ends()
    if closure.batch_output is None and not steps:
        _tell_of_no_step(trainer)
    else:
        closure.check()
    return closure.batch_output


def _tell_of_no_step(trainer: Steered) -> None:
    """Say that ``optimizer_step`` of the module left out a batch for an optimizer."""
    rank_zero_warn(
        f"{type(trainer.lightning_module).__qualname__}.optimizer_step neither stepped an optimizer nor called "
        "optimizer_closure: as in Lightning 1.0 to 1.4, that optimizer does not use the batch"
    )


def _outputs(trainer: Steered, batch_output: Any) -> Outputs | None:
    """What a turn came to: what a step of today would tell the hooks, without the state that is carried on."""
    run = trainer._run
    run.batch_output, run.step_outputs = batch_output, None
    return {name: value for name, value in trainer.step_outputs.items() if name != "hiddens"} or None
