"""What loggers that keep checkpoints, and loggers over packages that may be missing, have in common."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from groundwire_lightning.errors import NotSupportedYetError

DESCRIBED = ("monitor", "mode", "save_last", "save_top_k", "save_weights_only", "_every_n_train_steps")
"""What is told of the callback beside each checkpoint."""


class Found(NamedTuple):
    """A checkpoint that a logger has not taken yet, or that was written anew since.

    Attributes:
        time: When the file was written.
        path: The file.
        score: The monitored value.
    """

    time: float
    path: str
    score: Any


def new_checkpoints(callback: Any, taken: Mapping[str, float]) -> list[Found]:
    """The checkpoints of a callback that are not taken yet, the oldest first.

    Args:
        callback: The callback that writes them.
        taken: Path to the time of the file that was taken.
    """
    found = {path: score for path, score in _paths(callback) if path and Path(path).is_file()}
    timed = [Found(Path(path).stat().st_mtime, path, score) for path, score in found.items()]
    return [
        each for each in sorted(timed, key=lambda each: each[:2]) if taken.get(each.path, float("-inf")) < each.time
    ]


def _paths(callback: Any) -> Iterator[tuple[str, Any]]:
    for path, score in (("last_model_path", "current_score"), ("best_model_path", "best_model_score")):
        if hasattr(callback, path) and hasattr(callback, score):
            yield getattr(callback, path), getattr(callback, score)
    yield from getattr(callback, "best_k_models", {}).items()


def described(found: Found, callback: Any, heading: str) -> dict[str, Any]:
    """What is told of a checkpoint.

    Args:
        found: The checkpoint.
        callback: The callback that wrote it.
        heading: The name under which the callback's arguments stand.
    """
    return {
        "score": found.score.item() if isinstance(found.score, Tensor) else found.score,
        "original_filename": Path(found.path).name,
        heading: {name: getattr(callback, name) for name in DESCRIBED if hasattr(callback, name)},
    }


def aliases_of(found: Found, callback: Any) -> list[str]:
    """The names that a checkpoint goes by."""
    return ["latest", "best"] if found.path == callback.best_model_path else ["latest"]


def need(package: str, logger: str, install: str) -> Any:
    """A package that is imported when a logger is made.

    Args:
        package: Its import name.
        logger: Who needs it.
        install: What pip installs.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise ModuleNotFoundError(
            f"{logger} needs the package {package}: pip install {install}", name=package
        ) from None


class Refused:
    """The name of a logger of Lightning's that is not here.

    Args:
        *args: What Lightning's takes.
        **kwargs: Likewise.

    Raises:
        NotSupportedYetError: Always.
    """

    service: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotSupportedYetError(
            f"{type(self).__name__} writes to {self.service}, which is not supported yet. Instead: WandbLogger, "
            "MLFlowLogger, TensorBoardLogger or CSVLogger, or a subclass of Logger whose log_metrics and "
            f"log_hyperparams call {self.service}'s own package"
        )
