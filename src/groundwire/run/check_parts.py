"""What a run is made of, looked at before its first batch: model, optimizer, loss, scheduler, loaders."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch

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
        loss_func: What the Trainer was given.
        calculate: What the run calls to calculate the loss of a batch.

    Raises:
        TypeError: It cannot be called.
    """
    method = getattr(calculate, "__func__", None)
    if getattr(method, "__module__", None) == "groundwire.trainer" and not callable(loss_func):
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


def check_scheduler(scheduler: Any) -> Any:
    """Refuse a scheduler that cannot be stepped.

    Raises:
        TypeError: It has no ``step``.
    """
    if scheduler is not None and not callable(getattr(scheduler, "step", None)):
        raise TypeError(
            f"create_scheduler_fn: a function that returns a scheduler is due, and it returned {scheduler!r}, which "
            "has no step()"
        )
    return scheduler


def made_loader(name: str, make: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """A DataLoader, or an error that names the parameter in which one of its arguments came.

    Raises:
        TypeError: It takes no such argument.
    """
    try:
        return make(**arguments)
    except TypeError as error:
        known = inspect.signature(make).parameters
        unknown = [argument for argument in arguments if argument not in known]
        if not unknown:
            raise
        raise TypeError(
            f"{name}: {unknown[0]!r} is no argument of DataLoader.{did_you_mean(unknown[0], known)}"
        ) from error
