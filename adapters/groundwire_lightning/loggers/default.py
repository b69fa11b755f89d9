"""The loggers of a Trainer: those that were given, or the default one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any

from groundwire_lightning.errors import MisconfigurationException
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

    Raises:
        MisconfigurationException: Something in there is no logger.
    """
    if logger is None or logger is True:
        found: list[Any] = [_default(root)]
    elif not logger:
        found = []
    else:
        found = list(logger) if isinstance(logger, Iterable) and not isinstance(logger, (str, Mapping)) else [logger]
        for one in found:
            _check(one, logger)
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


def _check(one: Any, argument: Any) -> None:
    if not isinstance(one, type) and callable(getattr(one, "log_metrics", None)):
        return
    advice = f"did you mean {one.__name__}(...)?" if isinstance(one, type) else _named(one)
    raise MisconfigurationException(
        f"Trainer(logger={argument!r}): {one!r} is no logger; {advice} True takes the default one, False none"
    )


def _named(one: Any) -> str:
    """The logger that a word such as ``"tensorboard"`` may mean, or what is due."""
    from groundwire_lightning import loggers

    word = one.replace("_", "").lower() if isinstance(one, str) else ""
    for name in loggers.__all__ if word else ():
        if name.lower() in (word, f"{word}logger"):
            return f"did you mean groundwire_lightning.loggers.{name}(...)?"
    return "due is an object with log_metrics() and the other methods of Logger, or several of them in a list."


def log_dir(loggers: list[Any], root: str) -> str | None:
    """Where a run writes: the directory of the first logger's run, where it has one a run, else where it saves."""
    if not loggers:
        return root
    first = loggers[0]
    by_run = any(name in _WITH_A_DIRECTORY_A_RUN for name in class_names(first))
    found: str | None = first.log_dir if by_run else getattr(first, "save_dir", None)
    return found


def class_names(logger: Any) -> list[str]:
    """Names of the class of a logger and of its bases."""
    return [cls.__name__ for cls in type(logger).__mro__]
