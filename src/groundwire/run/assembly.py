"""The loaders and numbers that a run is assembled with, from the hooks that make them and from what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire import devices, mistakes
from groundwire.data.loaders import check_loader
from groundwire.request import EvaluateRequest, TrainRequest
from groundwire.run.check_parts import is_of_trainer
from groundwire.tables.plan import Plan

if TYPE_CHECKING:
    from groundwire.running import Running

__all__ = ["look_at_evaluation", "new_eval_loader", "new_train_loader", "numbers_of_run"]

Request = TrainRequest | EvaluateRequest
READS_A_BATCH = ("calculate_eval_batch_loss", "_before_transfer", "_transfer_batch", "_after_transfer")
"""The methods that decide what an evaluation batch has to be."""


def new_train_loader(plan: Plan, request: TrainRequest) -> Any:
    """The loader of training batches.

    Raises:
        TypeError: The hook returned what gives no batches.
        ValueError: It returned none, or one without a batch.
    """
    loader = plan.create_train_dataloader(request.per_device_batch_size, request.train_dataloader_kwargs)
    if check_loader("create_train_dataloader", loader) is None:
        raise ValueError("train_dataset: none was given, and create_train_dataloader does not make a loader")
    return loader


def new_eval_loader(plan: Plan, request: Request) -> Any:
    """The loader of batches to evaluate or predict; raises as :func:`new_train_loader` does."""
    keywords = request.eval_dataloader_kwargs if isinstance(request, TrainRequest) else request.dataloader_kwargs
    loader = plan.create_eval_dataloader(request.per_device_batch_size, keywords)
    if check_loader("create_eval_dataloader", loader) is None:
        raise ValueError("dataset: none was given, and create_eval_dataloader does not make one")
    return loader


def look_at_evaluation(trainer: Running) -> None:
    """Refuse first samples of evaluation that are no inputs and targets, before an epoch is trained for nothing.

    Only where everything that reads a batch is the Trainer's own; else the samples may be anything.

    Raises:
        GroundwireError: They have no first or no second part.
    """
    own = all(is_of_trainer(getattr(trainer, name)) for name in READS_A_BATCH)
    if not own or not trainer.plan.wired.keys().isdisjoint(READS_A_BATCH):
        return
    batch = devices.first_samples(trainer._eval_dataloader, trainer.device)
    if batch is not None:
        mistakes.check_pair(batch, type(trainer))


def numbers_of_run(request: Request) -> tuple[Any, ...]:
    """The arguments of ``_create_run_config``; an evaluation counts as one epoch without a limit."""
    if isinstance(request, EvaluateRequest):
        return request.per_device_batch_size, 1, 1, None, None
    return (
        request.per_device_batch_size,
        request.num_epochs,
        request.gradient_accumulation_steps,
        request.max_num_train_steps,
        request.gradient_clip_value,
    )
