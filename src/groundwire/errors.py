"""Errors by name, and the help that a message gives."""

from __future__ import annotations

import difflib
import inspect
import os
import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

__all__ = [
    "CheckpointError",
    "GroundwireError",
    "HookMapError",
    "NonFiniteLossError",
    "StopTrainingError",
    "did_you_mean",
    "place_of",
    "rank_zero_warn",
]


class GroundwireError(Exception):
    """Root of the errors that groundwire raises for reasons of its own."""


class CheckpointError(GroundwireError):
    """A checkpoint that cannot be written, read, or given to this model."""


class HookMapError(GroundwireError):
    """A row, or an object that a row meets, cannot be wired; always raised before the first batch."""


class RefusedError(HookMapError, TypeError, NotImplementedError):
    """A method that cannot take what it is given, or one that no longer runs; foreign frameworks raise either."""


class StopTrainingError(GroundwireError):
    """Raised anywhere in a run to end it in order: the ``…_end`` hooks still run."""


class NonFiniteLossError(StopTrainingError):
    """The training loss became NaN or infinite; the run ends in order, then it is raised.

    Attributes:
        epoch: The epoch, from 1, in which it was seen.
        step: The batch of that epoch, from 0, whose loss was the first that is not finite.
    """

    def __init__(self, epoch: int, step: int) -> None:
        self.epoch = epoch
        self.step = step
        super().__init__(
            f"the training loss was not finite at step {step} of epoch {epoch}; the weights after that step cannot be "
            "trusted. Lower the learning rate, clip gradients (gradient_clip_norm=1.0) or look at that batch. "
            "To go on regardless, leave TerminateOnNaNCallback out of callbacks="
        )

    def __reduce__(self) -> tuple[type[NonFiniteLossError], tuple[int, int]]:
        return type(self), (self.epoch, self.step)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown ``name``: the nearest of the ``known`` names, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def place_of(function: Any) -> str:
    """``file:line`` where a function or class is written, or an empty string for one without source."""
    function = inspect.unwrap(getattr(function, "func", function))
    try:
        file = inspect.getsourcefile(function)
        line = inspect.findsource(function)[1] + 1  # getsourcelines would read on to the end of the function
    except (OSError, TypeError):
        return ""
    return f"{file}:{line}"


_BETWEEN = ("groundwire", "torch")
"""How the packages begin through which a program comes here: torch calls modules, optimizers and metrics."""


def rank_zero_warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn in the first of several processes, and point at the line of the user's program that led here.

    Args:
        message: What is the matter and what to do.
        category: The kind of warning.
    """
    from lightning_utilities.core import rank_zero

    if getattr(rank_zero.rank_zero_only, "rank", None) is None:
        # the launchers of torch and of Accelerate both tell it so, before there is any process group
        rank_zero.rank_zero_only.rank = int(os.environ.get("RANK", "0"))  # type: ignore[attr-defined]
    rank_zero.rank_zero_warn(message, category=category, stacklevel=5 + _own_frames())


def _own_frames() -> int:
    """Calls between :func:`rank_zero_warn` and the program that uses groundwire, its adapters, its plan and torch."""
    frame, count = sys._getframe(2), 0
    while frame.f_back is not None and _is_between(frame):
        frame, count = frame.f_back, count + 1
    return count


def _is_between(frame: FrameType) -> bool:
    root = frame.f_globals.get("__name__", "").partition(".")[0]
    return root.startswith(_BETWEEN) or frame.f_code.co_filename.startswith("<groundwire plan")
