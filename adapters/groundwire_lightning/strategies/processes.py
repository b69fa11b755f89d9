"""Agreement between the processes of a run: decisions, values, waiting, and work that one process does for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from accelerate import Accelerator

if TYPE_CHECKING:
    from groundwire_lightning.core.running import AmongProcesses


def processes_agree(trainer: AmongProcesses, decision: bool, *, all: bool = True) -> bool:  # noqa: A002  # Lightning's word
    """True where the processes decide for something; every process has to call it, and gets the same answer.

    Args:
        trainer: The trainer.
        decision: The vote of this process.
        all: True where every process has to be for it, False where one is enough.
    """
    number = trainer._accelerator.num_processes
    if number == 1:
        return bool(decision)
    votes = trainer._accelerator.reduce(torch.tensor(float(bool(decision)), device=trainer.device), reduction="sum")
    return bool(votes.item() == number if all else votes.item() > 0)


def value_of_first_process(trainer: AmongProcesses, value: Any) -> Any:
    """The value that the first process passes; every process has to call it."""
    if trainer._accelerator.num_processes == 1:
        return value
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


def wait_for_processes(trainer: AmongProcesses) -> None:
    """Wait until every process has called it."""
    if trainer._accelerator.num_processes > 1:
        trainer._accelerator.wait_for_everyone()


def prepared_once(accelerator: Accelerator, player: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    """A ``prepare_data`` that runs in one process of each machine, or in one of all, while the others wait.

    Args:
        accelerator: The Accelerator of this process.
        player: The module or data module; its ``prepare_data_per_node`` says which of the two.
        method: Its method.
    """
    if accelerator.num_processes == 1:
        return method
    on_each_machine = getattr(player, "prepare_data_per_node", True)
    is_due = accelerator.is_local_main_process if on_each_machine else accelerator.is_main_process

    def prepare() -> None:
        if is_due:
            method()
        accelerator.wait_for_everyone()

    return prepare
