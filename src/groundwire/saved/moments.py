"""Moments from which a run can be continued as if it had never stopped, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.errors import CheckpointError, rank_zero_warn
from groundwire.request import EvaluateRequest

if TYPE_CHECKING:
    from groundwire.running import Running

__all__ = ["check_moment", "check_processes"]


def check_processes(trainer: Running) -> None:
    """Refuse several processes: each has random states and a place of its own.

    Raises:
        CheckpointError: Several train together.
    """
    if trainer._accelerator.num_processes > 1:
        raise CheckpointError(
            f"a training state is that of one process, and {trainer._accelerator.num_processes} train together; "
            "save_checkpoint keeps weights, optimizer and scheduler"
        )


def check_moment(trainer: Running) -> None:
    """Refuse a moment from which something would be done twice; warn where a stopped run stands at one.

    Raises:
        CheckpointError: A run is under way, and in the middle of something.
    """
    at, unfinished = trainer.at, _unfinished(trainer)
    if unfinished is None:
        return
    reason = f"this is {unfinished}, and a run that is resumed from here would do part of it twice"
    if at.phase == "idle" and at.ahead == "train" and trainer._resumed is None:
        rank_zero_warn(f"{reason}; to resume exactly, stop a run in on_train_update_end")
        return
    raise CheckpointError(
        f"{reason}. Save a training state in on_train_update_end, on_train_epoch_end, on_eval_epoch_end or "
        "on_training_run_epoch_end, or when the run is over"
    )


def _unfinished(trainer: Running) -> str | None:
    """A name for the thing that the Trainer is in the middle of, or None between two things."""
    at = trainer.at
    if trainer._resumed is not None:
        return "the start of a resumed run"
    if trainer._is_running and isinstance(trainer._request, EvaluateRequest):
        return "another run"
    if at.phase == "eval" and at.ahead != "end":
        return "the middle of an evaluation"
    if at.ahead != "train":
        return None
    if at.done == 0 or at.step != at.done - 1:
        return "the middle of a batch, or the start of an epoch"
    if not at.is_update and trainer._data_order.length is None:
        return "the middle of an update that was fetched as a whole, since the data promises no length"
    return None
