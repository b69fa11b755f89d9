"""The arguments of the Trainer as its attributes, with Lightning's defaults for what was left out."""

from __future__ import annotations

import logging
import math
import os
from datetime import timedelta
from typing import Any, Protocol

import torch

from groundwire_lightning.loggers.files import root_folder
from groundwire_lightning.trainer.arguments import ARGUMENTS
from groundwire_lightning.utilities.console import tell
from groundwire_lightning.utilities.enums import GradClipAlgorithmType

log = logging.getLogger(__name__)

OVERFIT = ("limit_train_batches", "limit_val_batches")
"""Arguments that ``overfit_batches`` takes the place of."""

LIMITS = tuple(f"limit_{prefix}_batches" for prefix in ("train", "val", "test", "predict"))
"""Arguments that are a number of batches or a share of them."""


class Settled(Protocol):
    """A Trainer as its arguments are written on it."""

    fast_dev_run: int | bool
    barebones: bool
    detect_anomaly: bool
    accumulate_grad_batches: int
    val_check_interval: int | float
    _val_check_time_interval: float | None
    overfit_batches: int | float
    gradient_clip_algorithm: str | None
    num_sanity_val_steps: int | float
    log_every_n_steps: int
    default_root_dir: str


def take(trainer: Settled, given: dict[str, Any]) -> None:
    """Set the attributes of a Trainer.

    Args:
        trainer: The Trainer.
        given: Argument to value, as :func:`groundwire_lightning.trainer.arguments.check_arguments` returns them.
    """
    trainer.fast_dev_run = given["fast_dev_run"] == 1 or given["fast_dev_run"]
    if trainer.fast_dev_run:
        given = given | _as_fast_dev_run(int(trainer.fast_dev_run))
    for row in ARGUMENTS:
        if row.kept:
            setattr(trainer, row.name, given[row.name])
    trainer.accumulate_grad_batches = given["accumulate_grad_batches"] or 1
    interval = given["val_check_interval"]
    trainer._val_check_time_interval = interval.total_seconds() if isinstance(interval, timedelta) else None
    trainer.val_check_interval = 1.0 if interval is None or trainer._val_check_time_interval is not None else interval
    for name in LIMITS:
        setattr(trainer, name, 1.0 if given[name] is None else given[name])
    trainer.overfit_batches = given["overfit_batches"]
    _tell_of_settings(trainer, given)
    if trainer.overfit_batches:
        for name in OVERFIT:
            setattr(trainer, name, trainer.overfit_batches)
    algorithm = given["gradient_clip_algorithm"]
    trainer.gradient_clip_algorithm = None if algorithm is None else GradClipAlgorithmType(algorithm)
    steps = given["num_sanity_val_steps"]
    trainer.num_sanity_val_steps = 2 if steps is None else math.inf if steps == -1 else max(0, steps)
    trainer.log_every_n_steps = 50 if given["log_every_n_steps"] is None else given["log_every_n_steps"]
    trainer.default_root_dir = root_folder(given["default_root_dir"])
    _set_backends(given["deterministic"], given["benchmark"])


_AMOUNTS = {
    "overfit_batches": ("one batch is used", "all batches are used"),
    "limit_train_batches": ("one batch of each epoch is used", "all batches of an epoch are used"),
    "limit_val_batches": ("one batch is used", "all batches are used"),
    "limit_test_batches": ("one batch is used", "all batches are used"),
    "limit_predict_batches": ("one batch is used", "all batches are used"),
    "val_check_interval": ("validation runs after every batch", "validation runs at the end of an epoch"),
}
"""The meanings of 1 and of 1.0, which are easily taken for each other."""


def _tell_of_settings(trainer: Settled, given: dict[str, Any]) -> None:
    """Say what arguments mean that are easily misread, or forgotten."""
    if trainer.fast_dev_run:
        batches = int(trainer.fast_dev_run)
        tell(log, "fast_dev_run: %d batch(es) of each phase are run, and nothing is logged or saved", batches)
    if trainer.barebones:
        tell(log, "barebones=True: no checkpoint, bar, summary, log, sanity check, anomaly detection or profile")
    if trainer.detect_anomaly:
        tell(log, "detect_anomaly=True looks at every operation, which is slow; leave it out once the error is known")
    for name, (of_one, of_all) in _AMOUNTS.items():
        value = given[name]
        is_used = name == "overfit_batches" or not trainer.fast_dev_run
        if is_used and value == 1 and not (trainer.overfit_batches and name in OVERFIT):
            tell(log, "Trainer(%s=%r): %s", name, value, of_one if isinstance(value, int) else of_all)


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
