"""The conditions under which Lightning 1 called a hook when its moment came."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from groundwire_lightning.lightning_1.epoch_ends import TrainingOutputs
    from groundwire_lightning.loops.preemption import Preemption

    class Asked(Protocol):
        """A Trainer as these conditions see it."""

        _training_outputs: TrainingOutputs
        _preemption: Preemption


def _is_interrupted(trainer: Asked) -> bool:
    return isinstance(sys.exc_info()[1], KeyboardInterrupt)


def _had_a_batch(trainer: Asked) -> bool:
    return trainer._training_outputs.has_batches


def _saves_for_a_requeue(trainer: Asked) -> bool:
    preemption: Preemption | None = getattr(trainer, "_preemption", None)  # a trainer in native order has none
    return preemption is not None and preemption.is_requeuing


def _goes_on_from_a_requeue(trainer: Asked) -> bool:
    return Path(str(getattr(trainer, "ckpt_path", None))).name.startswith("hpc_ckpt_")


CONDITIONS: dict[str, Callable[[Any], bool]] = {
    "training_epoch_end": _had_a_batch,
    "on_keyboard_interrupt": _is_interrupted,
    "on_hpc_save": _saves_for_a_requeue,
    "on_hpc_load": _goes_on_from_a_requeue,
}
"""Hook to the question whether it is called."""


def where_due(trainer: Asked, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """A hook that is called only under its condition.

    Args:
        trainer: Who is asked.
        name: The hook, one of :data:`CONDITIONS`.
        method: The method.
    """
    is_due = CONDITIONS[name]

    @wraps(method)
    def called(*args: Any) -> Any:
        return method(*args) if is_due(trainer) else None

    return called
