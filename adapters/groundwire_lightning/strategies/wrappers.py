"""Calls of a module's steps through the wrappers of its model: those of several processes, and ``torch.compile``.

A wrapper such as DistributedDataParallel averages the gradients only of calls that went through its ``forward``, and
``torch.compile`` speeds up only calls of the compiled module. A step that is called on the module inside runs past
both without an error: in several processes with wrong gradients, otherwise slowly.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch

DDP = torch.nn.parallel.DistributedDataParallel


def through_wrappers(model: Any, module: Any, method: Callable[..., Any], by_hand: bool = False) -> Callable[..., Any]:
    """A function that calls a method of a module through the module's wrappers; the method itself where it has none.

    Args:
        model: The module in its wrappers.
        module: The module itself.
        method: Its bound method.
        by_hand: True for a method that runs backward passes itself; see :func:`expect_backward`.
    """
    compiled = next((part for part in _wrapped_layers(model) if hasattr(part, "_orig_mod")), None)
    if compiled is not None:
        method = compiled.dynamo_ctx(method)  # the compiler with the options that torch.compile(model, ...) was given
    outermost = next((part for part in _wrapped_layers(model) if part is not compiled and part is not module), None)
    if outermost is None:
        return method
    if by_hand and isinstance(outermost, DDP):
        # off behind the method but within forward, which would otherwise expect a backward pass; on again after it
        inside = _syncing_after(outermost, method, False)
        return _syncing_after(outermost, _redirected(outermost, inside), True)
    return _redirected(outermost, method)


def expect_backward(model: Any, loss: Any) -> None:
    """Prepare DistributedDataParallel to average the gradients of a backward pass that runs within a step.

    By itself it prepares at the end of ``forward`` for one backward pass after the step. The body below is what its
    ``forward`` does for that.

    Args:
        model: The module in its wrappers.
        loss: The tensor that is going to be differentiated.
    """
    if not isinstance(model, DDP):
        return
    model.require_forward_param_sync = averages = torch.is_grad_enabled() and model.require_backward_grad_sync
    if averages:
        finds_unused = model.find_unused_parameters and not model.static_graph
        model.reducer._rebuild_buckets()
        model.reducer.prepare_for_backward([loss] if finds_unused else [])


def _syncing_after(wrapper: Any, method: Callable[..., Any], syncs: bool) -> Callable[..., Any]:
    """A call of a method that leaves its wrapper in the state to average gradients, or not to."""

    @wraps(method)
    def step(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        finally:
            wrapper.require_backward_grad_sync = syncs

    return step


def _wrapped_layers(model: Any) -> list[Any]:
    """A model and the modules inside its wrappers, from the outside in."""
    layers = []
    while isinstance(model, torch.nn.Module):
        layers.append(model)
        wraps = isinstance(model, _wrappers())
        inner = getattr(model, "_orig_mod", None) or (getattr(model, "module", None) if wraps else None)
        model = inner
    return layers


def _wrappers() -> tuple[type, ...]:
    # importing it takes time, and whoever wraps a model in it has imported it
    sharded = getattr(sys.modules.get("torch.distributed.fsdp"), "FullyShardedDataParallel", None)
    wrappers = torch.nn.DataParallel, DDP
    return wrappers if sharded is None else (*wrappers, sharded)


def _redirected(wrapper: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    """A call of a wrapper that runs a method in place of the ``forward`` of the module inside."""
    inner = wrapper.module

    @wraps(method)
    def step(*args: Any, **kwargs: Any) -> Any:
        own = vars(inner).get("forward")

        def forward(*args: Any, **kwargs: Any) -> Any:
            restore()  # before the method, which may well call forward itself
            return method(*args, **kwargs)

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
