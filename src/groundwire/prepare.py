"""Before the path: loaders, devices and the run configuration.

Accelerate's wrappers are used where they do something: several processes, mixed precision, a
plugin. Otherwise model and batches are only moved, and an optimizer step is torch's own.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch.utils.data import DataLoader, IterableDataset, Subset

from groundwire.run_config import TrainerRunConfig
from groundwire.utils import worker_init_fn

if TYPE_CHECKING:
    from groundwire.trainer import Trainer


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


def default_dl_kwargs(batch_size: int | None, shuffle: bool, dataset: Any = None) -> dict[str, Any]:
    """The documented defaults of a DataLoader over ``dataset``."""
    return {
        "shuffle": shuffle,
        "pin_memory": torch.cuda.is_available(),
        "batch_size": batch_size,
        "num_workers": default_workers(dataset),
        "worker_init_fn": worker_init_fn,
    }


def default_workers(dataset: Any) -> int:
    """How many workers read a dataset where nobody says: none, unless its samples are many files.

    Workers take time to start, and what they read has to be handed over: data in memory comes sooner
    without them, and so may data of a kind that is not known. Files are known by a list of paths, as
    long as the dataset, among its attributes.
    """
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    forks = (multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]) == "fork"
    spare = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    spare //= int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if not forks or spare < 2 or not hasattr(dataset, "__len__") or len(dataset) < MANY_FILES:
        return 0
    held = getattr(dataset, "__dict__", {}).values()
    files = any(isinstance(part, (list, tuple)) and len(part) == len(dataset) and _is_file(part[0]) for part in held)
    return min(MOST_WORKERS, spare) if files else 0


MANY_FILES = 1000
MOST_WORKERS = 4


def _is_file(entry: Any) -> bool:
    path = entry[0] if isinstance(entry, (list, tuple)) and entry else entry
    return isinstance(path, (str, os.PathLike)) and os.path.isfile(path)  # noqa: PTH113  # texts may be too long for Path


def merged_dl_kwargs(dataset: Any, defaults: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Defaults under what the user gave, without the defaults that contradict it."""
    given = dict(given or {})
    kept = dict(defaults)
    if isinstance(dataset, IterableDataset) or given.get("sampler") is not None:
        kept.pop("shuffle", None)
    if given.get("batch_sampler") is not None:
        for name in ("batch_size", "shuffle"):
            kept.pop(name, None)
    return {**kept, **given}


def holds_samples(data: Any) -> bool:
    """True for a dataset, whose samples a DataLoader batches; False for what gives batches already."""
    return isinstance(data, torch.utils.data.Dataset) or (
        hasattr(data, "__getitem__") and not isinstance(data, DataLoader)
    )


def check_loader(name: str, loader: Any) -> Any:
    """Refuse what cannot give a batch.

    Raises:
        TypeError: It cannot be iterated over.
        ValueError: It promises no batch.
    """
    if loader is None:
        return None
    if not hasattr(loader, "__iter__"):
        raise TypeError(
            f"{name} returned {type(loader).__name__}, which gives no batches; a DataLoader or any iterable does"
        )
    if length_of(loader) == 0:
        raise ValueError(
            f"{name} returned a loader without a batch: the dataset is empty, or drop_last leaves nothing of "
            f"{_samples(loader)} samples"
        )
    return loader


def _samples(loader: Any) -> str:
    try:
        return str(len(loader.dataset))
    except (AttributeError, TypeError):
        return "its"


def length_of(loader: Any) -> int | None:
    """Batches an epoch, or None where the loader does not say."""
    try:
        return len(loader)
    except (TypeError, NotImplementedError):
        return None


def promised_length(batches: Iterable[Any]) -> int | None:
    """A length that can be relied on: that of map-style data. An IterableDataset only estimates its own."""
    if isinstance(getattr(batches, "dataset", None), IterableDataset):
        return None
    return length_of(batches)


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


def _bare(optimizer: Any) -> Any:
    from accelerate.optimizer import AcceleratedOptimizer

    return optimizer.optimizer if isinstance(optimizer, AcceleratedOptimizer) else optimizer


def _follow(optimizer: Any) -> None:
    """Move the state of an optimizer to where its parameters are now."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and name != "step":
                state[name] = value.to(parameter.device)


def shared_out(accelerator: Accelerator, loader: Any, even: bool) -> Any:
    """Share a loader out among the processes; in one process it stays as it is.

    Args:
        accelerator: Of this process.
        loader: A DataLoader; if not ``even``, any iterable of batches that is alike in every process.
        even: True gives every process the same number of batches, repeating samples where they do
            not suffice; False gives every sample once, the batches in turn to one process after another.
    """
    if loader is None or accelerator.num_processes == 1:
        return loader
    if not even and (not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset)):
        return Share(loader, accelerator.process_index, accelerator.num_processes)
    if not isinstance(loader, DataLoader):
        raise TypeError(
            f"with {accelerator.num_processes} processes a DataLoader is due, whose samples can be shared out; got "
            f"{type(loader).__name__}"
        )
    accelerator.even_batches = even
    return accelerator.prepare_data_loader(loader, device_placement=False)


class Share:
    """What one of several processes uses of batches that all of them read; else it answers like the loader.

    Args:
        dl: An iterable of batches.
        turn: Which of them is the first, from 0.
        every: How many processes take turns.
    """

    def __init__(self, dl: Iterable[Any], turn: int, every: int) -> None:
        self.dl = dl
        self.turn = turn
        self.every = every

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(self.dl, self.turn, None, self.every)

    def __len__(self) -> int:
        return len(range(self.turn, len(self.dl), self.every))  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        if name == "dl" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.dl, name)


def moved(batch: Any, device: torch.device) -> Any:
    """A batch on ``device``; what holds no tensor is left alone."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device, non_blocking=True)
    from accelerate.utils import send_to_device

    return send_to_device(batch, device, non_blocking=True)


def gathered_with_padding(accelerator: Accelerator, tensor: Any, padding_value: float) -> Any:
    """Gather tensors whose first dimension differs between processes."""
    from accelerate.utils.operations import recursively_apply

    from groundwire.utils import remove_padding

    padded = accelerator.pad_across_processes(tensor, pad_index=padding_value)
    gathered = accelerator.gather(padded)
    return recursively_apply(lambda rows: remove_padding(rows, padding_value), gathered)


def run_config(
    trainer: Trainer,
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
    train_size = _batch_size(trainer._train_dataloader, processes, per_device_batch_size)
    eval_size = _batch_size(trainer._eval_dataloader, processes, per_device_batch_size)
    batches = length_of(trainer._train_dataloader)
    updates = None if batches is None else math.ceil(batches / gradient_accumulation_steps)
    if max_num_train_steps is None and updates is not None:
        max_num_train_steps = num_epochs * updates + 1
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


def _batch_size(loader: Any, processes: int, otherwise: int | None) -> int | None:
    if loader is None:
        return None
    total: int | None = getattr(loader, "total_batch_size", None)
    if total is not None:
        return total // processes
    sampler = getattr(loader, "batch_sampler", None)
    found = getattr(sampler, "batch_size", None) or getattr(loader, "batch_size", None)
    return found if isinstance(found, int) else otherwise
