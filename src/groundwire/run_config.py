"""The record of what a run was asked to do and of what that came to."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

__all__ = ["TrainerRunConfig"]


@dataclass(frozen=True)
class TrainerRunConfig:
    """The values of one run, fixed before its first batch; stands on ``trainer.run_config``.

    A number that cannot be known (the updates in data without a length, the evaluation batch size
    of a run that evaluates nothing) is ``None``.

    Attributes:
        num_epochs: Passes over the training data.
        train_per_device_batch_size: Training samples a batch on each device.
        train_dl_kwargs: Arguments that the training DataLoader was made with.
        eval_per_device_batch_size: Evaluation samples a batch on each device.
        eval_dl_kwargs: Arguments that the evaluation DataLoader was made with.
        gradient_accumulation_steps: Batches averaged into one update.
        gradient_clip_value: Bound on each element of the gradients.
        train_total_batch_size: Training samples an update, over all devices and accumulated batches.
        eval_total_batch_size: Evaluation samples a batch, over all devices.
        num_update_steps_per_epoch: Optimizer updates an epoch.
        num_local_update_steps_per_epoch: The same, counted on one process.
        max_num_train_steps: Optimizer updates that end the run, if the epochs do not end it before.
        is_local_process_zero: True on the main process of each machine.
        is_world_process_zero: True on the main process of all machines.
        is_distributed: True if several processes train together.
        mixed_precision: ``"no"``, ``"fp16"``, ``"bf16"`` or ``"fp8"``.
        num_processes: Processes that train together.
        gradient_clip_norm: Bound on the norm of all gradients together.
    """

    num_epochs: int
    train_per_device_batch_size: int | None
    train_dl_kwargs: dict[str, Any] | None
    eval_per_device_batch_size: int | None
    eval_dl_kwargs: dict[str, Any] | None
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
        """The values by name, for an experiment tracker.

        Returns:
            A new dictionary with new dictionaries for the DataLoader arguments, whose values
            (samplers, generators, functions) are the ones in use and not copies.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: dict(value) if isinstance(value, dict) else value for name, value in values.items()}
