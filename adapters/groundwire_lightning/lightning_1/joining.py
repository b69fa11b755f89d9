"""Joining: what takes part in a run for the sake of code of Lightning 1, and only where there is such code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Protocol

from groundwire import Gap, HookMap, Part, Row
from groundwire.tables.fuse import without_other_variants
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.guests import real_classes
from groundwire_lightning.lightning_1.epoch_ends import EVALUATION, GATHERING, TRAINING
from groundwire_lightning.lightning_1.results import BAR, LOG, RESULTS

if TYPE_CHECKING:
    from groundwire_lightning.lightning_1.epoch_ends import EvaluationOutputs, TrainingOutputs
    from groundwire_lightning.lightning_1.results import Results

    class Joined(Protocol):
        """A Trainer that has what may take part."""

        _training_outputs: TrainingOutputs
        _evaluation_outputs: EvaluationOutputs
        _returned_results: Results
        lightning_module: Any


def joining(
    trainer: Joined, cast: Iterable[Part], hearing: Callable[[str, Callable[..., Any]], Callable[..., Any]]
) -> list[Part]:
    """The parts that join: who gathers outputs for the end of an epoch, and who logs results in dictionaries.

    Args:
        trainer: Whose run.
        cast: Who takes part in any case.
        hearing: Makes a method known as the one that is running.
    """
    names = {name for part in cast for line in _told_of_outputs(part) for name in line.args}
    parts = []
    if TRAINING in names:
        parts.append(Part(GATHERING, "TrainingOutputs", trainer._training_outputs))
    if EVALUATION in names:
        parts.append(Part(GATHERING, "EvaluationOutputs", trainer._evaluation_outputs))
    if trainer.lightning_module is not None and _speaks_of_results(trainer.lightning_module):
        of_a_step = {"of_step": "training_step"}
        logs = Part(
            RESULTS,
            "Results",
            trainer._returned_results,
            through=lambda name, method: hearing(of_a_step[name], method),
        )
        parts.append(logs)
    return parts


def _told_of_outputs(part: Part) -> Sequence[Row]:
    """The rows by which a player is given gathered outputs, or could be if it took them."""
    lines = [line for line in _lines_given(part.hookmap, part.role) if part.runs(line)]
    return [line for line in without_other_variants(lines, part.player) if isinstance(line, Row)] if lines else []


@cache
def _lines_given(hookmap: HookMap, role: str) -> tuple[Row | Gap, ...]:
    """The lines of a role about methods of which one row passes gathered outputs."""
    rows = [line for line in hookmap.rows if isinstance(line, Row)]
    methods = {line.method for line in rows if not {TRAINING, EVALUATION}.isdisjoint(line.args)}
    return tuple(line for line in hookmap.lines_of(role) if line.method in methods)


def _speaks_of_results(module: Any) -> bool:
    """True where code of a module's own has a word by which Lightning 1.0 knew what to log."""
    bases = {cls for base in (LightningModule, *real_classes("LightningModule")) for cls in base.__mro__}
    if any(_has_word(cls) for cls in type(module).__mro__ if cls not in bases):
        return True
    return any(_says_word(value) for value in vars(module).values() if isinstance(value, (FunctionType, MethodType)))


@lru_cache(maxsize=256)
def _has_word(cls: type) -> bool:
    return any(_says_word(value) for value in vars(cls).values())


def _says_word(method: Any) -> bool:
    constants: list[Any] = [getattr(getattr(method, "__func__", method), "__code__", None)]
    while constants:
        one = constants.pop()
        if isinstance(one, CodeType):
            constants += one.co_consts
        elif isinstance(one, tuple):
            constants += one
        elif one in (LOG, BAR):
            return True
    return False
