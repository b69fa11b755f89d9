"""Mistakes of first programs: each by its name, with the way out."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch

from groundwire.errors import GroundwireError, did_you_mean, place_of

__all__ = ["check_constructed", "check_pair", "no_gradients", "no_pair", "takes_its_keywords", "whole_arrays"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def takes_its_keywords(method: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A method that names the argument it may have been meant where it is given one that it does not take."""
    known = inspect.signature(method).parameters

    @functools.wraps(method)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        for name in kwargs:
            if name not in known:
                raise TypeError(
                    f"{method.__qualname__}: {name!r} is none of its arguments.{did_you_mean(name, known)} "
                    f"It takes {', '.join(list(known)[1:])}"
                )
        return method(*args, **kwargs)

    return call


def check_constructed(trainer: object) -> None:
    """Refuse a Trainer whose class forgot to construct what it inherits.

    Raises:
        TypeError: Its ``__init__`` did not call that of the Trainer.
    """
    if "plan" in vars(trainer):
        return
    init = type(trainer).__init__
    raise TypeError(
        f"{init.__qualname__} ({place_of(init)}) does not call super().__init__(model, loss_func, optimizer, ...), "
        "without which there is no Trainer to run"
    )


def whole_arrays(data: Any, is_collated: bool) -> str:
    """Advice where ``data`` is not samples but the whole inputs and targets side by side; empty where it is.

    Args:
        data: The argument that is to be a dataset.
        is_collated: The user brings a ``collate_fn``, so that samples of any kind can be meant.
    """
    if isinstance(data, torch.Tensor):
        return AS_DATASET
    if type(data) not in (tuple, list) or not 2 <= len(data) <= MOST_ARRAYS or is_collated:
        return ""
    if not all(_is_array(part) and len(part.shape) for part in data) or len({len(part) for part in data}) > 1:
        return ""
    # a short list of samples alike in shape may be meant; what differs in shape could not be put into a batch
    differ = len({tuple(part.shape) for part in data}) > 1
    return AS_DATASET if differ or type(data) is tuple else ""


MOST_ARRAYS = 4
AS_DATASET = (
    "tensors become a dataset with torch.utils.data.TensorDataset(inputs, targets), and arrays of NumPy are made "
    "tensors before that, with torch.from_numpy(array).float() for numbers and .long() for classes"
)


def _is_array(value: Any) -> bool:
    return isinstance(value, torch.Tensor) or (type(value).__module__ == "numpy" and hasattr(value, "shape"))


def no_pair(batch: Any, owner: type) -> GroundwireError:
    """The error of a batch that is not inputs and targets, where nobody said what else it is."""
    if isinstance(batch, dict):
        what = f"a dictionary of {', '.join(map(repr, batch))}"
    else:
        size = f" of {len(batch)}" if isinstance(batch, (tuple, list)) else ""
        what = f"a {type(batch).__name__}{size}"
    return GroundwireError(
        f"a batch is {what}, and the Trainer takes inputs and targets, batch[0] and batch[1]. Let the dataset give "
        f"(inputs, targets), or override calculate_train_batch_loss and calculate_eval_batch_loss in {owner.__name__} "
        "and return {'loss': ..., 'model_outputs': ..., 'batch_size': ...}"
    )


def check_pair(batch: Any, owner: type) -> None:
    """Refuse a batch that is not inputs and targets.

    Raises:
        GroundwireError: It has no first or no second part.
    """
    try:
        batch[0], batch[1]
    except (KeyError, IndexError, TypeError) as error:
        raise no_pair(batch, owner) from error


def no_gradients(loss: Any, owner: type) -> GroundwireError | None:
    """The error of a loss from which no gradient comes, or None where it is not to blame."""
    if isinstance(loss, torch.Tensor):
        if loss.requires_grad:
            return None
        what = "a tensor without gradients: it was detached, or calculated under torch.no_grad()"
    else:
        what = f"a {type(loss).__name__}"
    return GroundwireError(
        f"{owner.__name__}.calculate_train_batch_loss returned as 'loss' {what}. The tensor that loss_func returned is "
        "due, without .item(), float() or .detach(); the Trainer records its value by itself"
    )
