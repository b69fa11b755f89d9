"""One decision for all processes of a run."""

from __future__ import annotations

from typing import Any

import torch


def agreed(trainer: Any, decision: bool, *, all: bool = True) -> bool:  # noqa: A002  # Lightning's word
    """What the processes decide together.

    Args:
        trainer: The trainer.
        decision: What this process would do.
        all: True where every process has to want it, False where one is enough.
    """
    if trainer.world_size == 1:
        return bool(decision)
    votes = trainer._accelerator.reduce(torch.tensor(float(bool(decision)), device=trainer.device), reduction="sum")
    return bool(votes.item() == trainer.world_size if all else votes.item() > 0)


def told_by_first(trainer: Any, value: Any) -> Any:
    """The value that the first process has."""
    if trainer.world_size == 1:
        return value
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


def together(trainer: Any) -> None:
    """Wait until every process is here."""
    if trainer.world_size > 1:
        trainer._accelerator.wait_for_everyone()
