"""The loggers of a Trainer: those that were given, or the default one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from groundwire_lightning.loggers.csv_logs import CSVLogger
from groundwire_lightning.loggers.logger import DummyLogger
from groundwire_lightning.loggers.tensorboard import TensorBoardLogger

_INTERACTIVE = ("bash", "interactive")
_WITH_A_DIRECTORY_A_RUN = ("TensorBoardLogger", "CSVLogger")


def chosen_loggers(logger: Any, root: str, is_short: bool) -> list[Any]:
    """The loggers of a Trainer.

    Args:
        logger: What ``logger=`` says: one, several, True or None for the default, False for none.
        root: Where the default one writes.
        is_short: It is a ``fast_dev_run``, which leaves nothing behind.
    """
    if logger is None or logger is True:
        found: list[Any] = [_default(root)]
    elif logger is False:
        found = []
    else:
        found = list(logger) if isinstance(logger, Iterable) else [logger]
    return [DummyLogger()] if is_short and found else found


def _default(root: str) -> Any:
    if find_spec("tensorboard") is not None:
        return TensorBoardLogger(root, version=_job())
    from groundwire.errors import rank_zero_warn

    rank_zero_warn("tensorboard is not installed, so values are logged to a CSV file; Trainer(logger=) takes another")
    return CSVLogger(root)


def _job() -> int | None:
    """The number of the SLURM job this is, which a requeued one keeps."""
    job, name = os.environ.get("SLURM_JOB_ID"), os.environ.get("SLURM_JOB_NAME")
    return None if job is None or name in _INTERACTIVE or not job.isdigit() else int(job)
