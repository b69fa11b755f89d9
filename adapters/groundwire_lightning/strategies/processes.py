"""One decision for all processes of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from accelerate import Accelerator

if TYPE_CHECKING:
    from groundwire_lightning.core.running import AmongProcesses


def processes_agree(trainer: AmongProcesses, decision: bool, *, all: bool = True) -> bool:  # noqa: A002  # Lightning's word
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


def value_of_first_process(trainer: AmongProcesses, value: Any) -> Any:
    """The value that the first process has."""
    if trainer.world_size == 1:
        return value
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


def wait_for_processes(trainer: AmongProcesses) -> None:
    """Wait until every process is here."""
    if trainer.world_size > 1:
        trainer._accelerator.wait_for_everyone()


def prepared_once(accelerator: Accelerator, player: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    """``prepare_data`` as it is called: in one process of a machine, or of all.

    Args:
        accelerator: Of this process.
        player: The module or data module; its ``prepare_data_per_node`` says which of the two.
        method: Its method.
    """
    if accelerator.num_processes == 1:
        return method
    everywhere = getattr(player, "prepare_data_per_node", True)
    due = accelerator.is_local_main_process if everywhere else accelerator.is_main_process

    def prepare() -> None:
        if due:
            method()
        accelerator.wait_for_everyone()

    return prepare
