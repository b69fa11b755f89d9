"""The outputs of an epoch, gathered batch by batch for the hooks of Lightning 1 that are given all of them at its end.

They are held only in a run where somebody has such a hook: then an object of this module takes part in it.

What a training batch came to is nested: a list with one entry for each part of the batch (more than one where
backpropagation is truncated), which is a list with one entry for each optimizer, which is the dictionary of a step
(``"loss"`` and whatever else it returned) or None where that optimizer had no turn or its step returned None. A step
with one of each leaves it to ``trainer.step_outputs``; any other puts the nested list into ``split_outputs`` of its
run before :data:`GATHERING` is heard, that is within ``_run_train_step``. What hooks are given is :func:`squeezed`: by
batch, then by optimizer, as 1.8 and 1.9 had it. Up to 1.7 several optimizers came first, and within each its batches;
steps that return results in dictionaries are that old, so theirs are given :func:`by_optimizer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire import HookMap, row
from groundwire.errors import rank_zero_warn
from groundwire_lightning.lightning_1.results import is_result

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

EPOCH_OUTPUT = list[Any]
"""What the hook at the end of an epoch is given, for annotations: the return value of each step."""


def squeezed(outputs: list[Any]) -> list[Any]:
    """Nested outputs without the levels that have one entry at most everywhere, and without None and empty lists.

    Args:
        outputs: By batch (or of one batch alone), by part, by optimizer.
    """
    level = _without_none(_squeezed(outputs, _sizes(outputs)))
    return [entry for entry in (level if isinstance(level, list) else [level]) if entry != []]


def _sizes(outputs: list[Any]) -> list[int]:
    """The most entries that a list of each level has; the levels end where not everything is a list."""
    sizes: list[int] = []
    level: list[Any] = [outputs]
    while level and all(isinstance(entry, list) for entry in level):
        sizes.append(max(map(len, level)))
        level = [part for entry in level for part in entry]
    return sizes


def _squeezed(outputs: Any, sizes: list[int]) -> Any:
    if not sizes:
        return outputs
    size, *inner = sizes
    entries = outputs or []
    # what is missing counts as empty, level by level, which is what Lightning 1 made of it
    level = [_squeezed(entry, inner) for entry in [*entries, *[None] * (size - len(entries))]]
    return level[0] if size == 1 else level


def _without_none(outputs: Any) -> Any:
    if not isinstance(outputs, list):
        return outputs
    return [_without_none(entry) for entry in outputs if entry is not None]


def by_optimizer(outputs: list[Any]) -> list[Any]:
    """Nested outputs as 1.0 to 1.7 had them: of each optimizer, of each batch that it used, one or one for each part.

    Args:
        outputs: By batch, by part, by optimizer.
    """
    of_each = [
        [[turn for part in batch if (turn := part[index]) is not None] for batch in outputs]
        for index in range(_optimizers(outputs))
    ]
    return [[parts[0] if len(parts) == 1 else parts for parts in batches if parts] for batches in of_each]


def _optimizers(outputs: list[Any]) -> int:
    return max((len(part) for batch in outputs for part in batch), default=0)


class TrainingOutputs:
    """What each batch of the training epoch under way came to."""

    def __init__(self) -> None:
        self._batches: list[Any] = []
        self._is_told = False

    def begin(self) -> None:
        """Begin an epoch with nothing."""
        self._batches = []

    def take(self, outputs: dict[str, Any] | None, trainer: Steered) -> None:
        """Take what a batch came to; None for one that is no batch."""
        if outputs and (split := trainer._run.split_outputs) is not None:
            self._batches.append(split)
        else:
            self._batches.append([[outputs]] if outputs else [])

    def end(self) -> None:
        """Let go of an epoch."""
        self._batches = []

    @property
    def gathered(self) -> list[Any]:
        """What ``training_epoch_end`` is given."""
        if _optimizers(self._batches) < 2:
            return squeezed(self._batches)
        if any(is_result(turn) for batch in self._batches for part in batch for turn in part):
            return by_optimizer(self._batches)
        self._tell_of_nesting()
        return squeezed(self._batches)

    def _tell_of_nesting(self) -> None:
        if not self._is_told:
            self._is_told = True
            rank_zero_warn(
                "The outputs of an epoch with several optimizers are given as outputs[batch][optimizer], as in "
                "Lightning 1.8 and 1.9. For code of 1.0 to 1.7, which had outputs[optimizer][batch]: swap the indices"
            )

    @property
    def has_batches(self) -> bool:
        """The epoch had a batch, whatever its step returned."""
        return bool(self._batches)


class EvaluationOutputs:
    """What each step of the evaluation under way returned, for each loader; one may run within another."""

    def __init__(self) -> None:
        self._passes: list[list[list[Any]]] = []

    def begin(self, trainer: Steered) -> None:
        """Begin with an empty list for each loader."""
        phase = getattr(trainer, "_phase", None)
        if phase is None:  # a run in native order, which reads one loader
            batches: list[float] = [0]
        elif trainer.sanity_checking:
            batches = trainer.num_sanity_val_batches
        else:
            batches = getattr(trainer, f"num_{phase.prefix}_batches")
        self._passes.append([[] for _ in batches])

    def take(self, outputs: Any, loader: int) -> None:
        """Take what a step returned, unless it is None."""
        if outputs is not None:
            self._passes[-1][loader].append(outputs)

    def end(self) -> None:
        """Let go of an evaluation."""
        self._passes.pop()

    @property
    def gathered(self) -> list[Any]:
        """What ``validation_epoch_end`` and ``test_epoch_end`` are given: a list of outputs, or one for each loader."""
        of_loaders = self._passes[-1]
        return of_loaders[0] if len(of_loaders) == 1 else of_loaders


TRAINING, EVALUATION = "training_outputs.gathered", "evaluation_outputs.gathered"
"""The names by which the rows of such hooks pass them."""


class _Gathers:
    """The methods of both, by name: what is wired of an object is what no base class of its role has."""

    def begin(self, *given: Any) -> None: ...
    def take(self, *given: Any) -> None: ...
    def end(self) -> None: ...


GATHERING = HookMap(
    "gathering",
    bases={"TrainingOutputs": _Gathers, "EvaluationOutputs": _Gathers},
    rows=(
        row("TrainingOutputs.begin", before="train_epoch_start"),
        row("TrainingOutputs.take", after="_run_train_step", args=("trainer.step_outputs", "trainer")),
        row("TrainingOutputs.end", after="on_train_epoch_end"),
        row("EvaluationOutputs.begin", before="eval_epoch_start", args=("trainer",)),
        row("EvaluationOutputs.take", after="_run_eval_step", args=("trainer.eval_outputs", "at.loader")),
        row("EvaluationOutputs.end", after="eval_epoch_end"),
    ),
)
"""Who gathers, behind everybody else at the same moment."""
