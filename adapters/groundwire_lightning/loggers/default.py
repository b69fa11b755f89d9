"""The loggers of a Trainer: those of ``logger=``, or the default one, and the folder that they write to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loggers.csv_logs import CSVLogger
from groundwire_lightning.loggers.logger import DummyLogger
from groundwire_lightning.loggers.tensorboard import TensorBoardLogger

_INTERACTIVE_JOBS = ("bash", "interactive")
_LOGGERS_WITH_A_FOLDER_PER_RUN = ("TensorBoardLogger", "CSVLogger")


def chosen_loggers(logger: Any, root: str, is_short: bool) -> list[Any]:
    """Make a list of the loggers of a Trainer.

    Args:
        logger: The argument of the Trainer: one, several, True or None for the default, False for none.
        root: The folder in which the default one writes.
        is_short: The run is a ``fast_dev_run``, which leaves no files behind.

    Raises:
        MisconfigurationException: Something among them is no logger.
    """
    if logger is None or logger is True:
        loggers: list[Any] = [_default_logger(root)]
    elif not logger:
        loggers = []
    else:
        loggers = list(logger) if isinstance(logger, Iterable) and not isinstance(logger, (str, Mapping)) else [logger]
        for member in loggers:
            _check_logger(member, logger)
    return [DummyLogger()] if is_short and loggers else loggers


def _default_logger(root: str) -> Any:
    if find_spec("tensorboard") is not None:
        return TensorBoardLogger(root, version=_slurm_job())
    rank_zero_warn("tensorboard is not installed, so values are logged to a CSV file; Trainer(logger=) takes another")
    return CSVLogger(root)


def _slurm_job() -> int | None:
    """The number of this SLURM job, which a requeued job keeps, so that it goes on in the same folder."""
    job, name = os.environ.get("SLURM_JOB_ID"), os.environ.get("SLURM_JOB_NAME")
    return None if job is None or name in _INTERACTIVE_JOBS or not job.isdigit() else int(job)


def _check_logger(member: Any, argument: Any) -> None:
    if not isinstance(member, type) and callable(getattr(member, "log_metrics", None)):
        return
    advice = f"did you mean {member.__name__}(...)?" if isinstance(member, type) else _advice_for(member)
    raise MisconfigurationException(
        f"Trainer(logger={argument!r}): {member!r} is no logger; {advice} True takes the default one, False none"
    )


def _advice_for(member: Any) -> str:
    """The logger that a word such as ``"tensorboard"`` may mean, or a description of a logger."""
    from groundwire_lightning import loggers

    word = member.replace("_", "").lower() if isinstance(member, str) else ""
    for name in loggers.__all__ if word else ():
        if name.lower() in (word, f"{word}logger"):
            return f"did you mean groundwire_lightning.loggers.{name}(...)?"
    return "due is an object with log_metrics() and the other methods of Logger, or several of them in a list."


def log_dir(loggers: list[Any], root: str) -> str | None:
    """Return the folder that a run writes to.

    Args:
        loggers: The loggers of the Trainer, of which the first decides.
        root: The folder where there is no logger.

    Returns:
        The folder of this run, for a logger that has one for each run; for any other its ``save_dir``, or None.
    """
    if not loggers:
        return root
    first = loggers[0]
    by_run = any(name in _LOGGERS_WITH_A_FOLDER_PER_RUN for name in class_names(first))
    folder: str | None = first.log_dir if by_run else getattr(first, "save_dir", None)
    return folder


def class_names(logger: Any) -> list[str]:
    """Names of the class of a logger and of its bases, by which Lightning's own loggers are recognised as ours."""
    return [cls.__name__ for cls in type(logger).__mro__]
