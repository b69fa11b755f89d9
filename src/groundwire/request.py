"""Requests: the arguments of an entry point, checked before any data is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral
from os import PathLike
from typing import Any

from groundwire.checks import flag, function, keywords, number, whole
from groundwire.data.loaders import length_of
from groundwire.mistakes import whole_arrays

__all__ = ["EvaluateRequest", "TrainRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest:
    """The arguments of ``Trainer.train``.

    Raises:
        TypeError: A value of the wrong kind.
        ValueError: A value out of range, or a combination that makes no sense. Both name the
            parameter, the value and what is allowed.
    """

    train_dataset: Any
    num_epochs: int
    eval_dataset: Any = None
    per_device_batch_size: int | None = 8
    max_num_train_steps: int | None = None
    gradient_accumulation_steps: int = 1
    gradient_clip_value: float | None = None
    gradient_clip_norm: float | None = None
    create_scheduler_fn: Callable[..., Any] | None = None
    train_dataloader_kwargs: Mapping[str, Any] | None = None
    eval_dataloader_kwargs: Mapping[str, Any] | None = None
    reset_run_history: bool = True
    collate_fn: Callable[..., Any] | None = None
    resume_from: str | PathLike[str] | None = None

    def __post_init__(self) -> None:
        whole("num_epochs", self.num_epochs)
        _check_batch_size(self.per_device_batch_size)
        if self.max_num_train_steps is not None:
            whole("max_num_train_steps", self.max_num_train_steps)
        whole("gradient_accumulation_steps", self.gradient_accumulation_steps)
        _check_clipping(self.gradient_clip_value, self.gradient_clip_norm)
        _check_scheduler_factory(self.create_scheduler_fn)
        function("collate_fn", self.collate_fn)
        flag("reset_run_history", self.reset_run_history)
        for name in ("train_dataloader_kwargs", "eval_dataloader_kwargs"):
            keywords(name, getattr(self, name))
        for name in ("train_dataset", "eval_dataset"):
            _check_data(name, getattr(self, name), self.num_epochs, self.collate_fn is not None)
        if self.resume_from is not None and not isinstance(self.resume_from, (str, PathLike)):
            raise TypeError(f"resume_from: the folder of a saved training state is due, got {self.resume_from!r}")

    def of_run(self) -> dict[str, Any]:
        """The fields of a run that say what was asked for."""
        return {
            "request": self,
            "train_dataset": self.train_dataset,
            "eval_dataset": self.eval_dataset,
            "collate_fn": self.collate_fn,
            "create_scheduler_fn": self.create_scheduler_fn,
            "train_dl_kwargs": self.train_dataloader_kwargs,
            "eval_dl_kwargs": self.eval_dataloader_kwargs,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateRequest:
    """The arguments of ``Trainer.evaluate`` and ``Trainer.predict``; raises as :class:`TrainRequest` does.

    Attributes:
        collect: True keeps the predictions.
    """

    dataset: Any = None
    per_device_batch_size: int | None = 8
    dataloader_kwargs: Mapping[str, Any] | None = None
    collate_fn: Callable[..., Any] | None = None
    collect: bool = False

    def __post_init__(self) -> None:
        flag("collect", self.collect)
        _check_batch_size(self.per_device_batch_size)
        keywords("dataloader_kwargs", self.dataloader_kwargs)
        function("collate_fn", self.collate_fn)
        _check_data("dataset", self.dataset, 1, self.collate_fn is not None)

    def of_run(self) -> dict[str, Any]:
        """The fields of a run that say what was asked for."""
        return {
            "request": self,
            "train_dataset": None,
            "eval_dataset": self.dataset,
            "collate_fn": self.collate_fn,
            "create_scheduler_fn": None,
            "train_dl_kwargs": None,
            "eval_dl_kwargs": self.dataloader_kwargs,
        }


_WAYS_TO_READ = ("__getitem__", "__getitems__", "__iter__")


def check_seed(seed: object) -> None:
    """Refuse a seed that is none.

    Raises:
        TypeError: It is not a whole number.
    """
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, Integral)):
        raise TypeError(f"seed: a whole number or None is due, got {seed!r}")


def _check_batch_size(value: object) -> None:
    if value is not None:
        whole("per_device_batch_size", value)


def _check_clipping(by_value: object, by_norm: object) -> None:
    for name, limit in (("gradient_clip_value", by_value), ("gradient_clip_norm", by_norm)):
        if limit is not None:
            number(name, limit, above=0)
    if by_value is not None and by_norm is not None:
        raise ValueError(
            f"gradient_clip_value={by_value!r} and gradient_clip_norm={by_norm!r} exclude each other; keep one, or "
            "override _clip_gradients to clip twice"
        )


def _check_scheduler_factory(factory: object) -> None:
    if factory is None:
        return
    if hasattr(factory, "step") and hasattr(factory, "optimizer"):
        name = type(factory).__name__
        raise TypeError(
            f"create_scheduler_fn: a function of the optimizer is due, got an instance of {name}. The optimizer is "
            f"prepared when training starts, so pass a factory: functools.partial({name}, ...)"
        )
    function("create_scheduler_fn", factory)


def _check_data(name: str, data: Any, epochs: int, is_collated: bool) -> None:
    if data is None:
        return
    instead = whole_arrays(data, is_collated)
    if instead or isinstance(data, (str, bytes)) or not any(hasattr(data, way) for way in _WAYS_TO_READ):
        inside = f" of {', '.join(type(part).__name__ for part in data)}" if isinstance(data, (tuple, list)) else ""
        raise TypeError(
            f"{name}: a dataset, a DataLoader or an iterable of batches is due, got {type(data).__name__}{inside}"
            f"{instead and '; '}{instead}"
        )
    if hasattr(data, "__next__") and epochs > 1:
        raise ValueError(
            f"{name}: an iterator can be read once and num_epochs={epochs} asks for more; pass an object whose "
            "__iter__ starts again, such as a DataLoader or an IterableDataset"
        )
    if length_of(data) == 0:
        raise ValueError(f"{name} is empty: there is nothing to iterate over")
