"""The arguments of the Trainer as its attributes, with Lightning's defaults for what was left out."""

from __future__ import annotations

import math
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.enums import GradClipAlgorithmType

KEPT = (
    "max_epochs",
    "min_epochs",
    "max_steps",
    "min_steps",
    "check_val_every_n_epoch",
    "gradient_clip_val",
    "inference_mode",
    "detect_anomaly",
    "barebones",
    "enable_autolog_hparams",
    "reload_dataloaders_every_n_epochs",
    "numerics",
)
"""Arguments that become attributes as they are."""

LIMITS = (*(f"limit_{prefix}_batches" for prefix in ("train", "val", "test", "predict")), "val_check_interval")
"""Arguments that are a number of batches or a share of them."""


def take(trainer: Any, given: dict[str, Any]) -> None:
    """Set the attributes of a Trainer.

    Args:
        trainer: The Trainer.
        given: Argument to value.
    """
    trainer.fast_dev_run = given["fast_dev_run"] == 1 or given["fast_dev_run"]
    if trainer.fast_dev_run:
        given = given | _as_fast_dev_run(int(trainer.fast_dev_run))
    for name in KEPT:
        setattr(trainer, name, given[name])
    trainer.accumulate_grad_batches = (
        1 if given["accumulate_grad_batches"] is None else given["accumulate_grad_batches"]
    )
    trainer._val_check_time_interval = None
    if isinstance(given["val_check_interval"], (str, timedelta, dict)):
        trainer._val_check_time_interval = seconds_of(given["val_check_interval"])
        given = given | {"val_check_interval": None}
    for name in LIMITS:
        setattr(trainer, name, _limit(given[name]))
    trainer.overfit_batches = _limit(given["overfit_batches"] or 0.0)
    if trainer.overfit_batches:
        trainer.limit_train_batches = trainer.limit_val_batches = trainer.overfit_batches
    algorithm = given["gradient_clip_algorithm"]
    trainer.gradient_clip_algorithm = None if algorithm is None else GradClipAlgorithmType(str(algorithm).lower())
    steps = given["num_sanity_val_steps"]
    trainer.num_sanity_val_steps = 2 if steps is None else math.inf if steps == -1 else steps
    trainer.log_every_n_steps = 50 if given["log_every_n_steps"] is None else given["log_every_n_steps"]
    trainer.default_root_dir = os.path.normpath(Path(given["default_root_dir"] or Path.cwd()).expanduser())
    _set_backends(given["deterministic"], given["benchmark"])


def seconds_of(interval: str | timedelta | dict[str, Any]) -> float:
    """The length of ``val_check_interval`` where it is a time.

    Raises:
        MisconfigurationException: It is none.
    """
    if isinstance(interval, timedelta):
        return interval.total_seconds()
    try:
        if isinstance(interval, dict):
            return timedelta(**interval).total_seconds()
        days, hours, minutes, seconds = map(int, interval.split(":"))
    except (TypeError, ValueError) as error:
        raise MisconfigurationException(
            f"val_check_interval={interval!r}: as a time 'DD:HH:MM:SS' is due, a timedelta, or its arguments in a "
            "dictionary"
        ) from error
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()


def _limit(given: int | float | None) -> int | float:
    """A number of batches, or a share of them: all of them where nothing was said."""
    if given is None:
        return 1.0
    return int(given) if given > 1 else given


def _as_fast_dev_run(batches: int) -> dict[str, Any]:
    return {
        "limit_train_batches": batches,
        "limit_val_batches": batches,
        "limit_test_batches": batches,
        "limit_predict_batches": batches,
        "max_steps": batches,
        "max_epochs": 1,
        "num_sanity_val_steps": 0,
        "val_check_interval": 1.0,
        "check_val_every_n_epoch": 1,
    }


def _set_backends(deterministic: Any, benchmark: bool | None) -> None:
    if deterministic:
        os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # without it torch refuses some products on CUDA
    if deterministic is not None:
        torch.use_deterministic_algorithms(bool(deterministic), warn_only=deterministic == "warn")
    if benchmark is not None or deterministic:
        torch.backends.cudnn.benchmark = bool(benchmark)
