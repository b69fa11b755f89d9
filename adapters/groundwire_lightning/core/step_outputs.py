"""The turns at the border of a step: a Lightning step's return value becomes a Trainer's batch output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from groundwire import GroundwireError
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.data import batch_sizes


class EpochSkipped(GroundwireError):  # noqa: N818  # it is a signal; an error only where nobody takes it
    """The signal that ``on_train_batch_start`` returned -1, so that the rest of the epoch is skipped."""


def skip_rest(returned: Any, batch: Any, step: int) -> None:
    """Turn a -1 of ``on_train_batch_start`` into the end of the epoch.

    Raises:
        EpochSkipped: It returned -1.
    """
    if returned == -1:
        raise EpochSkipped(
            f"on_train_batch_start returned -1 at batch {step}; fit() ends the epoch there, train() has no such rule"
        )


def size_of(batch: Any) -> int:
    """Samples in a batch: the length of its first tensor, 1 for a scalar one or where there is no tensor."""
    if type(batch) in (list, tuple) and batch and type(batch[0]) is Tensor:  # from most loaders: no generator for it
        return batch[0].size(0) if batch[0].ndim else 1
    return next(batch_sizes(batch), 1)


def as_batch_output(returned: Any, batch: Any) -> dict[str, Any]:
    """Make a Trainer's batch output of what ``training_step`` returned.

    Args:
        returned: The loss, a dictionary with it, or None; of anything else there is no loss.
        batch: The batch; the length of its first tensor is the batch size.
    """
    if returned is None or isinstance(returned, Tensor):  # not by loss_in: it is a call more, on each step
        loss = returned
    else:
        loss = returned.get("loss") if isinstance(returned, Mapping) else None
    return {"loss": loss, "model_outputs": returned, "batch_size": size_of(batch)}


def loss_in(returned: Any) -> Any:
    """The loss in what ``training_step`` returned; None without one."""
    if returned is None or isinstance(returned, Tensor):
        return returned
    return returned.get("loss") if isinstance(returned, Mapping) else None


def check_kind(batch_output: Mapping[str, Any]) -> None:
    """Refuse a batch output without a loss whose ``training_step`` returned what it may not.

    It is asked behind ``training_step_end``, which may have made something else of that.

    Args:
        batch_output: A batch output whose loss is None.

    Raises:
        MisconfigurationException: It was neither None nor a dictionary.
    """
    returned = batch_output["model_outputs"]
    if returned is not None and not isinstance(returned, Mapping):
        raise MisconfigurationException(
            f"training_step returns a tensor, a dictionary with 'loss', or None; it returned {type(returned).__name__}"
        )


def check_loss(batch_output: Mapping[str, Any]) -> None:
    """Refuse a batch output without a loss, unless ``training_step`` returned None.

    Args:
        batch_output: A batch output whose loss is None.

    Raises:
        MisconfigurationException: ``training_step`` returned something else, which should have held the loss.
    """
    check_kind(batch_output)
    returned = batch_output["model_outputs"]
    if isinstance(returned, Mapping):
        raise MisconfigurationException(
            f"training_step returned a dictionary without 'loss'; it has {sorted(map(str, returned))}"
        )


def as_eval_output(returned: Any, batch: Any) -> dict[str, Any]:
    """Make a Trainer's batch output of what ``validation_step`` returned; its ``loss`` may be None.

    Args:
        returned: Anything.
        batch: The batch; the length of its first tensor is the batch size.
    """
    return {"loss": eval_loss_in(returned), "model_outputs": returned, "batch_size": size_of(batch)}


def eval_loss_in(returned: Any) -> Any:
    """The loss in what an evaluation step returned; None without one."""
    loss = returned.get("loss") if isinstance(returned, Mapping) else returned
    is_scalar = isinstance(loss, Tensor) and loss.numel() == 1  # the tensor may be a prediction, and no loss
    return loss if is_scalar else None
