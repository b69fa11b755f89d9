"""The record of a run: its arguments, and what they came to with its data."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, Protocol

from accelerate import Accelerator

from groundwire.data.loaders import length_of

__all__ = ["TrainerRunConfig"]


class Loaded(Protocol):
    """A Trainer whose loaders are there, as far as the configuration tells of them."""

    _accelerator: Accelerator
    _train_dataloader: Any
    _eval_dataloader: Any
    _train_dl_kwargs: Any
    _eval_dl_kwargs: Any


def run_config(
    trainer: Loaded,
    per_device_batch_size: int | None,
    num_epochs: int,
    gradient_accumulation_steps: int,
    max_num_train_steps: int | None,
    gradient_clip_value: float | None,
    gradient_clip_norm: float | None,
) -> TrainerRunConfig:
    """Write down what will be run; numbers that the data does not tell are ``None``."""
    accelerator = trainer._accelerator
    processes = accelerator.num_processes
    train_size = _batch_size_of(trainer._train_dataloader, processes, per_device_batch_size)
    eval_size = _batch_size_of(trainer._eval_dataloader, processes, per_device_batch_size)
    batches = length_of(trainer._train_dataloader)
    updates = None if batches is None else math.ceil(batches / gradient_accumulation_steps)
    if max_num_train_steps is None and updates is not None:
        max_num_train_steps = num_epochs * updates
    return TrainerRunConfig(
        num_epochs=num_epochs,
        train_per_device_batch_size=train_size,
        train_dl_kwargs=trainer._train_dl_kwargs,
        eval_per_device_batch_size=eval_size,
        eval_dl_kwargs=trainer._eval_dl_kwargs,
        gradient_accumulation_steps=gradient_accumulation_steps,
        gradient_clip_value=gradient_clip_value,
        train_total_batch_size=None if train_size is None else train_size * processes * gradient_accumulation_steps,
        eval_total_batch_size=None if eval_size is None else eval_size * processes,
        num_update_steps_per_epoch=updates,
        num_local_update_steps_per_epoch=updates,
        max_num_train_steps=max_num_train_steps,
        is_local_process_zero=accelerator.is_local_main_process,
        is_world_process_zero=accelerator.is_main_process,
        is_distributed=accelerator.use_distributed,
        mixed_precision=str(accelerator.mixed_precision),
        num_processes=processes,
        gradient_clip_norm=gradient_clip_norm,
    )


def _batch_size_of(loader: Any, processes: int, otherwise: int | None) -> int | None:
    if loader is None:
        return None
    total: int | None = getattr(loader, "total_batch_size", None)
    if total is not None:
        return total // processes
    sampler = getattr(loader, "batch_sampler", None)
    size = getattr(sampler, "batch_size", None) or getattr(loader, "batch_size", None)
    return size if isinstance(size, int) else otherwise


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
