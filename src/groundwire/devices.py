"""The devices of a run: its Accelerator, and model, optimizer and batches on its device.

Accelerate's wrappers are used where they do something: several processes, mixed precision, a
plugin. Otherwise model and batches are only moved, and an optimizer step is torch's own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, PartialState
from torch import Tensor
from torch.utils.data import DataLoader, RandomSampler, SequentialSampler

from groundwire.data.random_state import random_state, set_random_state
from groundwire.errors import GroundwireError

__all__ = ["STARTED", "make_current", "own_accelerator", "remove_padding", "unwrapped", "without"]

WITHIN = frozenset({"module", "_orig_mod", "_fsdp_wrapped_module"})
"""Attributes in which the wrappers of torch, DeepSpeed and ``torch.compile`` keep the model."""
USE_CPU = "ACCELERATE_USE_CPU"
"""The environment variable by which Accelerate is told to do without an accelerator."""
STARTED = "GROUNDWIRE_STARTED"
"""The environment variable of processes that a Trainer started itself; only a Trainer that asks for them joins them."""
OF_LAUNCHERS = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
"""The environment variables by which Accelerate finds other processes."""


def own_accelerator(create: Callable[[], Accelerator], users: Accelerator | None = None) -> Accelerator:
    """The Accelerator of the user, or a new one whose precision is its own.

    Accelerate keeps one state for all its objects in a process and refuses a second precision.
    Those that exist keep the dictionary they share, and so do those that a program makes later; the
    new one starts with an empty one.
    """
    if users is not None:
        return _together(_checked(users))
    before = AcceleratorState._shared_state
    AcceleratorState._shared_state = type(before)()
    try:
        with _joined_on_cpu():
            return _together(create())
    finally:
        if before:  # else the new state stays the one that everybody shares
            AcceleratorState._shared_state = before


@contextmanager
def _joined_on_cpu() -> Iterator[None]:
    """Let Accelerate join the processes of a launcher where all they have is a CPU; it does so only if it is told."""
    if STARTED in os.environ:
        PartialState._shared_state = type(AcceleratorState._shared_state)()  # who joined others keeps the old one
        with without(*OF_LAUNCHERS):
            yield
        return
    if _launched() == 1 or torch.accelerator.is_available() or USE_CPU in os.environ:
        yield
        return
    os.environ[USE_CPU] = "true"
    try:
        yield
    finally:
        del os.environ[USE_CPU]


@contextmanager
def without(*variables: str) -> Iterator[None]:
    """Take variables out of the environment meanwhile."""
    before = {name: os.environ.pop(name) for name in variables if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)


def _together(accelerator: Accelerator) -> Accelerator:
    """Refuse to train as many times over as there are processes."""
    if accelerator.num_processes == 1 and _launched() > 1:
        raise GroundwireError(
            f"{_launched()} processes were launched (WORLD_SIZE), and the Accelerator of this one is alone: each would "
            f"train a model of its own. On CPUs set {USE_CPU}=true in the environment before any Accelerator is made; "
            "to train alone start without a launcher"
        )
    return accelerator


def _launched() -> int:
    """The number of processes that torchrun, or a launcher like it, started."""
    is_launched = "LOCAL_RANK" in os.environ and STARTED not in os.environ
    return int(os.environ.get("WORLD_SIZE", "1")) if is_launched else 1


def _checked(accelerator: Any) -> Accelerator:
    if not (hasattr(accelerator, "device") and hasattr(accelerator, "num_processes")):
        raise TypeError(f"accelerator: an accelerate.Accelerator or None is due, got {accelerator!r}")
    return cast(Accelerator, accelerator)


@contextmanager
def as_current(accelerator: Accelerator) -> Iterator[None]:
    """Let what Accelerate makes meanwhile look at the state of this accelerator, and at no other's."""
    before = AcceleratorState._shared_state
    AcceleratorState._shared_state = vars(accelerator.state)
    try:
        yield
    finally:
        AcceleratorState._shared_state = before


def make_current(accelerator: Accelerator) -> None:
    """Let what Accelerate does for the process ask the state of this accelerator: which others it works with."""
    PartialState._shared_state = vars(accelerator.state)


def wraps(accelerator: Accelerator) -> bool:
    """True where Accelerate's wrappers do something that plain torch does not."""
    return bool(
        accelerator.num_processes > 1
        or accelerator.mixed_precision != "no"
        or accelerator.scaler is not None
        or accelerator.state.dynamo_plugin.backend.value.lower() != "no"
        or accelerator.distributed_type.value != "NO"
    )


def first_samples(loader: Any, device: torch.device) -> Any:
    """One or two samples as a batch, taken without moving on anything that is random; None where that is not possible.

    Not where workers read, since they may open what cannot be shared with them once it is open here, and not where
    somebody's own sampler knows which keys there are.
    """
    if not isinstance(loader, DataLoader) or loader.num_workers or loader.batch_size is None:
        return None
    if type(loader.sampler) not in (SequentialSampler, RandomSampler):
        return None
    before, dataset = random_state(device, loader), cast(Any, loader.dataset)
    try:
        return loader.collate_fn([dataset[index] for index in range(min(2, loader.batch_size, len(dataset)))])
    except Exception as error:
        if hasattr(error, "add_note"):
            error.add_note("This is the data of evaluation, looked at before training begins.")
        raise
    finally:
        set_random_state(before, device, loader)


def tell_device(device: torch.device, *loaders: Any) -> None:
    """Put down on loaders where their batches go, as those that Accelerate prepares have it."""
    for loader in loaders:
        if isinstance(loader, DataLoader) and not hasattr(loader, "device"):
            loader.device = device


def placed(accelerator: Accelerator, model: Any, optimizer: Any, training: bool) -> tuple[Any, Any]:
    """Model and optimizer on their device, wrapped where Accelerate has something to do for them."""
    optimizer = _bare_optimizer(optimizer)  # an earlier run may have wrapped it
    if wraps(accelerator):
        with as_current(accelerator):
            if training:
                model, optimizer = accelerator.prepare(model, optimizer)
                return model, optimizer
            return accelerator.prepare_model(model, evaluation_mode=True), optimizer
    model = model.to(accelerator.device)  # before its optimizer, whose state follows the parameters
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


def _bare_optimizer(optimizer: Any) -> Any:
    from accelerate.optimizer import AcceleratedOptimizer

    return optimizer.optimizer if isinstance(optimizer, AcceleratedOptimizer) else optimizer


def _follow(optimizer: Any) -> None:
    """Move the state of an optimizer to where its parameters are now."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and name != "step":  # which most optimizers keep on the CPU
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
    """Drop the rows that hold nothing but padding, as padding before ``gather`` leaves them.

    Args:
        padded_tensor: Any shape; rows are along the first dimension.
        pad_value: What was padded with; NaN is found too.

    Returns:
        A new tensor without those rows. A row that really holds only this value is dropped as well.
    """
    padding = padded_tensor.isnan() if pad_value != pad_value else padded_tensor == pad_value  # noqa: PLR0124
    return padded_tensor[~padding.flatten(1).all(dim=1) if padding.ndim > 1 else ~padding]
