"""``prepare_data`` among several processes: one runs it, the others wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accelerate import Accelerator


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
