"""Helpers of loggers over other packages: the import of the package, and the checkpoints to upload."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

CALLBACK_ARGUMENTS = ("monitor", "mode", "save_last", "save_top_k", "save_weights_only", "_every_n_train_steps")
"""Attributes of a ``ModelCheckpoint`` that are uploaded beside each checkpoint."""


class NewCheckpoint(NamedTuple):
    """A checkpoint that a logger has not uploaded yet, or that was written anew since.

    Attributes:
        time: The time at which the file was written, in seconds since the epoch.
        path: The path of the file.
        score: The monitored value, or None.
    """

    time: float
    path: str
    score: Any


def new_checkpoints(callback: Any, uploaded: Mapping[str, float]) -> list[NewCheckpoint]:
    """The checkpoints of a callback that are to be uploaded, the oldest first.

    Args:
        callback: The callback that writes them.
        uploaded: Path of each checkpoint that was uploaded, to the time at which its file was written.
    """
    scores = {path: score for path, score in _paths(callback) if path and Path(path).is_file()}
    checkpoints = [NewCheckpoint(Path(path).stat().st_mtime, path, score) for path, score in scores.items()]
    # By time and path alone, for scores may be tensors of several devices, or None.
    checkpoints.sort(key=lambda checkpoint: checkpoint[:2])
    return [checkpoint for checkpoint in checkpoints if uploaded.get(checkpoint.path, float("-inf")) < checkpoint.time]


def _paths(callback: Any) -> Iterator[tuple[str, Any]]:
    """Path and score of every checkpoint that the callback knows; the same path may come several times."""
    for path, score in (("last_model_path", "current_score"), ("best_model_path", "best_model_score")):
        if hasattr(callback, path) and hasattr(callback, score):
            yield getattr(callback, path), getattr(callback, score)
    yield from getattr(callback, "best_k_models", {}).items()


def description_of(checkpoint: NewCheckpoint, callback: Any, heading: str) -> dict[str, Any]:
    """Describe a checkpoint in a dictionary that is uploaded beside it.

    Args:
        checkpoint: The checkpoint.
        callback: The callback that wrote it.
        heading: The key of the callback's arguments in it.
    """
    return {
        "score": checkpoint.score.item() if isinstance(checkpoint.score, Tensor) else checkpoint.score,
        "original_filename": Path(checkpoint.path).name,
        heading: {name: getattr(callback, name) for name in CALLBACK_ARGUMENTS if hasattr(callback, name)},
    }


def aliases_of(checkpoint: NewCheckpoint, callback: Any) -> list[str]:
    """The names besides its version under which a service finds a checkpoint."""
    return ["latest", "best"] if checkpoint.path == callback.best_model_path else ["latest"]


def need(package: str, logger: str, install: str) -> Any:
    """Import a package, when a logger is made that writes through it.

    Args:
        package: The name of its import.
        logger: The class of the logger, for the message.
        install: The name of the distribution that pip installs.

    Raises:
        ModuleNotFoundError: The package is not installed, or something that it imports is not.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise ModuleNotFoundError(
            f"{logger} needs the package {package}: pip install {install}", name=package
        ) from None
