"""The one door: a module's step is called through the wrappers of its model, never past them.

A wrapper of several processes averages gradients only for what went through its ``forward``, and
``torch.compile`` speeds up only what it is asked to: the bound method of the module inside would
run, and say nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

DDP = torch.nn.parallel.DistributedDataParallel


def through_wrappers(model: Any, module: Any, method: Callable[..., Any], by_hand: bool = False) -> Callable[..., Any]:
    """``method`` of a module, called through what is wrapped around the module.

    Args:
        model: The module, or what is wrapped around it.
        module: The module itself.
        method: Its bound method.
        by_hand: The method runs backward passes itself; see :func:`expect_backward`.
    """
    compiled = next((part for part in _wrapped_layers(model) if hasattr(part, "_orig_mod")), None)
    if compiled is not None:
        method = compiled.dynamo_ctx(method)
    outermost = next((part for part in _wrapped_layers(model) if part is not compiled and part is not module), None)
    if outermost is None:
        return method
    if by_hand and isinstance(outermost, DDP):
        return _without_expecting(outermost, _redirected(outermost, _and_stop_expecting(outermost, method)))
    return _redirected(outermost, method)


def expect_backward(model: Any, loss: Any) -> None:
    """Let several processes average the gradients of a backward pass that runs within a step.

    By itself DistributedDataParallel expects a backward pass after each step, and only one.

    Args:
        model: The module, or what is wrapped around it.
        loss: What is differentiated.
    """
    if not isinstance(model, DDP):
        return
    model.require_forward_param_sync = averages = torch.is_grad_enabled() and model.require_backward_grad_sync
    if averages:
        finds_unused = model.find_unused_parameters and not model.static_graph
        model.reducer._rebuild_buckets()
        model.reducer.prepare_for_backward([loss] if finds_unused else [])


def _and_stop_expecting(wrapper: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def step(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        finally:
            wrapper.require_backward_grad_sync = False

    return step


def _without_expecting(wrapper: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def step(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        finally:
            wrapper.require_backward_grad_sync = True

    return step


def _wrapped_layers(model: Any) -> list[Any]:
    """A model and what it is wrapped around, from the outside in."""
    layers = []
    while isinstance(model, torch.nn.Module):
        layers.append(model)
        wraps = isinstance(model, _wrappers())
        inner = getattr(model, "_orig_mod", None) or (getattr(model, "module", None) if wraps else None)
        model = inner
    return layers


def _wrappers() -> tuple[type, ...]:
    sharded = getattr(sys.modules.get("torch.distributed.fsdp"), "FullyShardedDataParallel", None)
    found = torch.nn.DataParallel, DDP
    return found if sharded is None else (*found, sharded)


def _redirected(wrapper: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    """A call of ``wrapper`` at whose heart, in place of the ``forward`` that it wraps, ``method`` runs."""
    inner = wrapper.module

    @wraps(method)
    def step(*args: Any, **kwargs: Any) -> Any:
        own = vars(inner).get("forward")

        def forward(*given: Any, **named: Any) -> Any:
            restore()  # the method itself may well call forward
            return method(*given, **named)

        def restore() -> None:
            vars(inner).pop("forward", None)
            if own is not None:
                vars(inner)["forward"] = own

        vars(inner)["forward"] = forward
        try:
            return wrapper(*args, **kwargs)
        finally:
            restore()

    return step
