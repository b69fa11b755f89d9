"""Parts of a run, looked at before its first batch: model, optimizer, loss, scheduler, loaders."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils.data import DataLoader

from groundwire.errors import did_you_mean


def check_model(model: Any, trained: bool) -> None:
    """Refuse what cannot be run, or trained where that is asked for.

    Raises:
        TypeError: It is no ``nn.Module``.
        ValueError: None of its parameters can be trained.
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model: a torch.nn.Module is due, got {type(model).__name__}")
    if trained and not any(parameter.requires_grad for parameter in model.parameters()):
        what = "no parameters" if next(model.parameters(), None) is None else "only frozen parameters"
        raise ValueError(f"model: {type(model).__name__} has {what}, so there is nothing to train")


def check_optimizer(optimizer: Any, model: Any) -> None:
    """Refuse a training run without an optimizer, or with one that leaves the model as it is.

    Raises:
        TypeError: It has no ``step`` or no ``zero_grad``, or is a class.
        ValueError: It holds no parameter of the model.
    """
    if isinstance(optimizer, type) or not (hasattr(optimizer, "step") and hasattr(optimizer, "zero_grad")):
        raise TypeError(
            f"optimizer: a torch.optim.Optimizer is due to train with, got {optimizer!r}; give it to the Trainer or "
            "override _create_optimizer"
        )
    groups = getattr(optimizer, "param_groups", None)
    held = {id(parameter) for group in groups for parameter in group["params"]} if isinstance(groups, list) else set()
    if held and held.isdisjoint(map(id, model.parameters())):
        raise ValueError(
            f"optimizer: this {type(optimizer).__name__} holds no parameter of the model, a {type(model).__name__}, "
            "which would stay as it is; make it from model.parameters() of this very model"
        )


def check_loss_func(loss_func: Any, calculate: Callable[..., Any]) -> None:
    """Refuse a loss that cannot be called, where the method that calls it was not overridden.

    Args:
        loss_func: The loss function of the Trainer.
        calculate: What the run calls to calculate the loss of a batch.

    Raises:
        TypeError: It cannot be called.
    """
    if is_of_trainer(calculate) and not callable(loss_func):
        raise TypeError(
            f"loss_func: a function of (model_outputs, targets) is due, got {loss_func!r}; give one to the Trainer, or "
            f"override {calculate.__name__}"
        )


def check_run_history(run_history: Any) -> None:
    """Refuse what metrics cannot be recorded in.

    Raises:
        TypeError: It has not the methods of a RunHistory.
    """
    if not all(hasattr(run_history, name) for name in ("reset", "update_metric", "current_epoch")):
        raise TypeError(f"run_history: a RunHistory is due, got {run_history!r}; None makes an InMemoryRunHistory")


def check_scheduler(scheduler: Any, move: Callable[..., Any]) -> Any:
    """Refuse a scheduler that cannot be stepped, where the method that steps it was not overridden.

    Args:
        scheduler: What was created.
        move: What the run calls to move it on.

    Raises:
        TypeError: It has no ``step``, or one that takes more than is known at an update.
    """
    if scheduler is None or not _is_ours(move):
        return scheduler
    step = getattr(scheduler, "step", None)
    if not callable(step):
        raise TypeError(
            f"create_scheduler_fn: a function that returns a scheduler is due, and it returned {scheduler!r}, which "
            "has no step()"
        )
    if move.__qualname__ == "Trainer.scheduler_step" and (due := _asked_by(step)):
        other = "; TrainerWithTimmScheduler steps those of timm" if hasattr(scheduler, "step_update") else ""
        raise TypeError(
            f"create_scheduler_fn: it returned a {type(scheduler).__name__}, whose step() asks for {due!r}, and the "
            "Trainer calls step() after each update without anything. Override scheduler_step to do nothing, and "
            "training_run_epoch_end to call self.scheduler.step(self.run_history.get_latest_metric('eval_loss_epoch'))"
            f"{other}"
        )
    return scheduler


def _asked_by(function: Callable[..., Any]) -> str:
    """The first argument without which a function cannot be called."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C
        return ""
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return next((entry.name for entry in parameters if entry.default is entry.empty and entry.kind not in variable), "")


def is_of_trainer(method: Callable[..., Any]) -> bool:
    """True for a method as the Trainer has it, False for one that a user or an adapter put in its place."""
    return getattr(getattr(method, "__func__", None), "__module__", None) in TRAINER_MODULES


TRAINER_MODULES = ("groundwire.trainer.trainer", "groundwire.run.moments")


def _is_ours(method: Callable[..., Any]) -> bool:
    """True for a method that this package or an adapter brings, False for one that a user wrote."""
    return str(getattr(method, "__module__", None)).partition(".")[0].startswith("groundwire")


def new_loader(dataset: Any, collate_fn: Any, keywords: Mapping[str, Any], name: str) -> DataLoader[Any]:
    """A DataLoader, or an error that names the parameter in which one of its arguments came.

    Args:
        dataset: What it reads.
        collate_fn: Makes a batch of samples, unless ``keywords`` bring another.
        keywords: Its other arguments.
        name: The parameter that ``keywords`` came in.

    Raises:
        TypeError: It takes no such argument.
    """
    arguments = {"dataset": dataset, "collate_fn": collate_fn, **keywords}
    try:
        return DataLoader(**arguments)
    except TypeError as error:
        known = inspect.signature(DataLoader).parameters
        unknown = [argument for argument in arguments if argument not in known]
        if not unknown:
            raise
        raise TypeError(
            f"{name}: {unknown[0]!r} is no argument of DataLoader.{did_you_mean(unknown[0], known)}"
        ) from error
