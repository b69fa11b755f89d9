"""On what a run computes: the Accelerator, and model, optimizer and batches on its device.

Accelerate's wrappers are used where they do something: several processes, mixed precision, a
plugin. Otherwise model and batches are only moved, and an optimizer step is torch's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch import Tensor

__all__ = ["remove_padding", "unwrapped"]

WITHIN = frozenset({"module", "_orig_mod", "_fsdp_wrapped_module"})
"""Where the wrappers of torch, DeepSpeed and ``torch.compile`` keep the model."""


def own_accelerator(create: Callable[[], Accelerator], given: Accelerator | None = None) -> Accelerator:
    """The Accelerator that was given, or one whose precision is its own.

    Accelerate keeps one state for all its objects in a process and refuses a second precision.
    Those that exist keep the dictionary they share, and so do those that a program makes later; the
    new one starts with an empty one.
    """
    if given is not None:
        return _checked(given)
    before = AcceleratorState._shared_state
    AcceleratorState._shared_state = type(before)()
    try:
        return create()
    finally:
        if before:
            AcceleratorState._shared_state = before


def _checked(given: Any) -> Accelerator:
    if not (hasattr(given, "device") and hasattr(given, "num_processes")):
        raise TypeError(f"accelerator: an accelerate.Accelerator or None is due, got {given!r}")
    made: Accelerator = given
    return made


@contextmanager
def as_current(accelerator: Accelerator) -> Iterator[None]:
    """Let what Accelerate makes meanwhile look at the state of this accelerator, and at no other's."""
    before = AcceleratorState._shared_state
    AcceleratorState._shared_state = vars(accelerator.state)
    try:
        yield
    finally:
        AcceleratorState._shared_state = before


def wraps(accelerator: Accelerator) -> bool:
    """True where Accelerate's wrappers do something that plain torch does not."""
    return bool(
        accelerator.num_processes > 1
        or accelerator.mixed_precision != "no"
        or accelerator.scaler is not None
        or accelerator.state.dynamo_plugin.backend.value.lower() != "no"
        or accelerator.distributed_type.value != "NO"
    )


def placed(accelerator: Accelerator, model: Any, optimizer: Any, training: bool) -> tuple[Any, Any]:
    """Model and optimizer on their device, wrapped where Accelerate has something to do for them."""
    optimizer = _bare(optimizer)
    if wraps(accelerator):
        with as_current(accelerator):
            if training:
                model, optimizer = accelerator.prepare(model, optimizer)
                return model, optimizer
            return accelerator.prepare_model(model, evaluation_mode=True), optimizer
    model = model.to(accelerator.device)
    if accelerator.device.type != "cpu" and optimizer is not None:
        _follow(optimizer)
    return model, optimizer


def unwrapped(accelerator: Accelerator, model: Any, keep_torch_compile: bool = True) -> Any:
    """The model out of the wrappers that Accelerate knows.

    A model that holds none is returned at once: Accelerate searches the disk for DeepSpeed each time it is asked.
    """
    if WITHIN.isdisjoint(model._modules) and "_orig_mod" not in vars(model):
        return model
    return accelerator.unwrap_model(model, keep_torch_compile=keep_torch_compile)


def _bare(optimizer: Any) -> Any:
    from accelerate.optimizer import AcceleratedOptimizer

    return optimizer.optimizer if isinstance(optimizer, AcceleratedOptimizer) else optimizer


def _follow(optimizer: Any) -> None:
    """Move the state of an optimizer to where its parameters are now."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and name != "step":
                state[name] = value.to(parameter.device)


def moved(batch: Any, device: torch.device) -> Any:
    """A batch on ``device``; what holds no tensor is left alone."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device, non_blocking=True)
    from accelerate.utils import send_to_device

    return send_to_device(batch, device, non_blocking=True)


def gathered_with_padding(accelerator: Accelerator, tensor: Any, padding_value: float) -> Any:
    """Gather tensors whose first dimension differs between processes."""
    from accelerate.utils.operations import recursively_apply

    padded = accelerator.pad_across_processes(tensor, pad_index=padding_value)
    gathered = accelerator.gather(padded)
    return recursively_apply(lambda rows: remove_padding(rows, padding_value), gathered)


def remove_padding(padded_tensor: Tensor, pad_value: float) -> Tensor:
    """Drops the rows that hold nothing but padding, as padding before ``gather`` leaves them.

    Args:
        padded_tensor: Any shape; rows are along the first dimension.
        pad_value: What was padded with; NaN is found too.

    Returns:
        A new tensor without those rows. A row that really holds only this value is dropped as well.
    """
    padding = padded_tensor.isnan() if pad_value != pad_value else padded_tensor == pad_value  # noqa: PLR0124
    return padded_tensor[~padding.flatten(1).all(dim=1) if padding.ndim > 1 else ~padding]
