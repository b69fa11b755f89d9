"""Predictions, kept on the CPU and joined in the order of the data."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from accelerate import Accelerator

from groundwire.errors import GroundwireError


def on_cpu(predictions: Any) -> Any:
    """A batch of predictions with its tensors, however they are nested, on the CPU and without a graph."""
    if isinstance(predictions, torch.Tensor):
        return predictions.detach().cpu()
    if isinstance(predictions, Mapping):
        return {name: on_cpu(part) for name, part in predictions.items()}
    if isinstance(predictions, (tuple, list)):
        parts = [on_cpu(part) for part in predictions]
        return parts if isinstance(predictions, list) else tuple(parts)
    return predictions


def of_all_processes(accelerator: Accelerator, batches: Sequence[Any]) -> list[Any]:
    """The batches of all processes in the order of the data, which was dealt out to them like cards.

    Args:
        accelerator: Of this process; every process has to call this.
        batches: What this process kept.
    """
    if accelerator.num_processes == 1:
        return list(batches)
    from accelerate.utils import gather_object

    hands: list[list[Any]] = gather_object([list(batches)])
    rounds = itertools.zip_longest(*hands, fillvalue=_NOTHING)
    return [batch for dealt in rounds for batch in dealt if batch is not _NOTHING]


def joined(batches: Sequence[Any]) -> Any:
    """One value from the predictions of all batches, made like those of a batch.

    Tensors are concatenated along their first dimension, the samples. A list has one entry a sample
    and is continued. Tuples and dictionaries are joined entry by entry.

    Raises:
        GroundwireError: They cannot be joined; says what to do instead.
    """
    if all(batch is None for batch in batches):
        return None
    first = batches[0]
    try:
        if isinstance(first, torch.Tensor):
            return torch.cat(list(batches))
        if isinstance(first, list):
            return list(itertools.chain(*batches))
        if isinstance(first, tuple):
            return tuple(joined(entry) for entry in zip(*batches, strict=True))
        if isinstance(first, Mapping):
            return {name: joined([batch[name] for batch in batches]) for name in first}
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise GroundwireError(
            f"the predictions of {len(batches)} batches cannot be joined into one value: {error}. Return tensors whose "
            "first dimension is the samples from calculate_predictions, or take each batch in on_prediction_step_end"
        ) from error
    raise GroundwireError(
        f"calculate_predictions returned {type(first).__name__}; collect=True joins tensors, lists with an entry a "
        "sample, and tuples and dictionaries of these. Return them, or take each batch in on_prediction_step_end"
    )


_NOTHING = object()
