"""The frozen record of what is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class TrainerRunConfig:
    """What a run was asked for and what follows from it; a number that the data does not tell is None.

    Attributes:
        num_epochs: Epochs of the run.
        train_per_device_batch_size: Samples a training batch on each device.
        train_dl_kwargs: Arguments of the training DataLoader.
        eval_per_device_batch_size: Samples an evaluation batch on each device.
        eval_dl_kwargs: Arguments of the evaluation DataLoader.
        gradient_accumulation_steps: Batches averaged into an update.
        gradient_clip_value: Limit of gradient elements.
        train_total_batch_size: Samples an update, over devices and accumulation.
        eval_total_batch_size: Samples an evaluation batch over devices.
        num_update_steps_per_epoch: Optimizer updates an epoch.
        num_local_update_steps_per_epoch: The same, of one process.
        max_num_train_steps: Limit on optimizer updates.
        is_local_process_zero: True in the main process of a machine.
        is_world_process_zero: True in the main process of all.
        is_distributed: True with more than one process.
        mixed_precision: ``"no"``, ``"fp16"``, ``"bf16"`` …
        num_processes: Number of processes.
        gradient_clip_norm: Limit of the norm of all gradients.
    """

    num_epochs: int
    train_per_device_batch_size: int | None
    train_dl_kwargs: Mapping[str, Any] | None
    eval_per_device_batch_size: int | None
    eval_dl_kwargs: Mapping[str, Any] | None
    gradient_accumulation_steps: int
    gradient_clip_value: float | None
    train_total_batch_size: int | None
    eval_total_batch_size: int | None
    num_update_steps_per_epoch: int | None
    num_local_update_steps_per_epoch: int | None
    max_num_train_steps: int | None
    is_local_process_zero: bool
    is_world_process_zero: bool
    is_distributed: bool
    mixed_precision: str
    num_processes: int
    gradient_clip_norm: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """All of it as a dictionary of its own; loader arguments without those that are no plain values."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("train_dl_kwargs", "eval_dl_kwargs"):
            given = values[name]
            values[name] = None if given is None else {key: given[key] for key in given if _is_plain(given[key])}
        return values


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))
