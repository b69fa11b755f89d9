"""What a Lightning step returns, turned into what a Trainer's step returns, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from numbers import Number
from typing import Any

import torch
from torch import Tensor

from groundwire import GroundwireError
from groundwire_lightning.errors import MisconfigurationException


class EpochSkipped(GroundwireError):  # noqa: N818  # it is a signal; an error only where nobody takes it
    """``on_train_batch_start`` returned -1: the rest of the epoch is skipped."""


def skip_rest(returned: Any, batch: Any, step: int) -> None:
    """Turn a -1 of ``on_train_batch_start`` into the end of the epoch."""
    if returned == -1:
        raise EpochSkipped(
            f"on_train_batch_start returned -1 at batch {step}; fit() ends the epoch there, train() has no such rule"
        )


def as_batch_output(returned: Any, batch: Any) -> dict[str, Any]:
    """What ``training_step`` returned, as a Trainer's batch output.

    Args:
        returned: The loss, a dictionary with it, or None.
        batch: The batch; its first tensor tells the batch size.

    Raises:
        MisconfigurationException: Something else was returned.
    """
    if returned is None or isinstance(returned, Tensor):
        loss = returned
    elif isinstance(returned, Mapping):
        loss = returned.get("loss")
    else:
        raise MisconfigurationException(
            f"training_step returns a tensor, a dictionary with 'loss', or None; it returned {type(returned).__name__}"
        )
    return {"loss": loss, "model_outputs": returned, "batch_size": size_of(batch)}


def check_loss(batch_output: Mapping[str, Any]) -> None:
    """Of a batch output without a loss: refuse a dictionary that should have held it.

    Raises:
        MisconfigurationException: ``training_step`` returned a dictionary.
    """
    returned = batch_output["model_outputs"]
    if isinstance(returned, Mapping):
        raise MisconfigurationException(
            f"training_step returned a dictionary without 'loss'; it has {sorted(map(str, returned))}"
        )


def as_eval_output(returned: Any, batch: Any) -> dict[str, Any]:
    """What ``validation_step`` returned, as a Trainer's batch output; its ``loss`` may be None.

    Args:
        returned: Anything.
        batch: The batch; its first tensor tells the batch size.
    """
    loss = returned.get("loss") if isinstance(returned, Mapping) else returned
    scalar = isinstance(loss, Tensor) and loss.numel() == 1
    return {"loss": loss if scalar else None, "model_outputs": returned, "batch_size": size_of(batch)}


def told(batch_output: Mapping[str, Any], share: float) -> dict[str, Any]:
    """What ``on_train_batch_end`` is given.

    Args:
        batch_output: Of ``calculate_train_batch_loss``.
        share: What the loss is divided by: the batches that are accumulated.

    Returns:
        The loss, divided and without a graph, and whatever else ``training_step`` returned; empty
        where it returned None.
    """
    loss, returned = batch_output["loss"], batch_output["model_outputs"]
    if loss is None:
        return {}
    own = (loss.detach() / share) if share != 1 else loss.detach().clone()
    if not isinstance(returned, Mapping):
        return {"loss": own}
    return {"loss": own, **detached({key: value for key, value in returned.items() if key != "loss"})}


def told_by_hand(batch_output: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a module that makes its updates itself: all that ``training_step`` returned."""
    returned = batch_output["model_outputs"]
    extra = dict(returned) if isinstance(returned, Mapping) else {} if returned is None else {"loss": returned}
    if "loss" in extra:
        extra["loss"] = extra["loss"].detach()
    return extra


def detached(values: Any) -> Any:
    """``values`` with its tensors taken out of their graph, in dictionaries, lists and tuples too."""
    if isinstance(values, Tensor):
        return values.detach()
    if isinstance(values, dict):
        return {key: detached(value) for key, value in values.items()}
    if type(values) in (list, tuple):
        return type(values)(detached(value) for value in values)
    return values


def size_of(batch: Any) -> int:
    """Samples in a batch: the length of its first tensor, 1 for a scalar one or where there is no tensor."""
    if type(batch) in (list, tuple) and batch and type(batch[0]) is Tensor:  # what most loaders give
        return batch[0].size(0) if batch[0].ndim else 1
    return next(_sizes(batch), 1)


def checked_size_of(batch: Any) -> int:
    """Samples in a batch, for a weighted mean.

    Raises:
        MisconfigurationException: It holds no tensor.
    """
    if type(batch) in (list, tuple) and batch and type(batch[0]) is Tensor and batch[0].ndim:
        size: int = batch[0].size(0)
        for part in batch:
            if type(part) is not Tensor or not part.ndim or part.size(0) != size:
                break
        else:
            return size
    sizes = _sizes(batch)
    first = next(sizes, None)
    if first is None:
        raise MisconfigurationException(
            f"the batch size cannot be told from a {type(batch).__name__}; pass it: self.log(..., batch_size=...)"
        )
    if any(size != first for size in sizes):
        from groundwire.errors import rank_zero_warn

        rank_zero_warn(
            f"the tensors of a batch differ in length; the first, {first}, weighs the logged means. Pass "
            "self.log(..., batch_size=...) to say otherwise"
        )
    return first


def _sizes(batch: Any) -> Iterator[int]:
    if isinstance(batch, Tensor):
        yield batch.size(0) if batch.ndim else 1
    elif isinstance(batch, Mapping):
        for value in batch.values():
            yield from _sizes(value)
    elif is_dataclass(batch) and not isinstance(batch, type):
        for entry in fields(batch):
            yield from _sizes(getattr(batch, entry.name))
    elif isinstance(batch, Sequence) and not isinstance(batch, (str, bytes)):
        for value in batch:
            yield from _sizes(value)


def as_scalar(value: Any, name: str, device: torch.device) -> Tensor:
    """A logged value as a tensor without dimensions, in 32 bits or more.

    Raises:
        ValueError: It is neither a number nor a tensor, or a tensor that has not one element.
    """
    least = torch.float64 if torch.get_default_dtype() is torch.float64 else torch.float32
    if isinstance(value, Number):
        return torch.tensor(value, device=device, dtype=least)
    if not isinstance(value, Tensor):
        raise ValueError(
            f"self.log({name!r}, ...): a number, a tensor or a torchmetrics object is due, got "
            f"{type(value).__name__}; of a collection log its scalars one by one"
        )
    if value.numel() != 1:
        raise ValueError(
            f"self.log({name!r}, ...): one element is due, got shape {tuple(value.shape)}; log value.mean() or the like"
        )
    scalar: Tensor = value.detach().clone().squeeze()
    return scalar if scalar.dtype in (torch.float32, torch.float64) else scalar.to(least)
