"""What is told in the log is seen on the console, unless the program has set up its own log."""

from __future__ import annotations

import logging
import os


def tell(log: logging.Logger, message: str, *values: object) -> None:
    """Write a line into a log, in the first of several processes.

    Args:
        log: Of the module that has something to say.
        message: As for :meth:`logging.Logger.info`.
        *values: What stands in it.
    """
    if os.environ.get("RANK", "0") == "0":
        log.info(message, *values, stacklevel=2)


def show_log() -> None:
    """Let the log of this package reach ``stderr``, from INFO on; a root logger with handlers is left to do that."""
    log = logging.getLogger("groundwire_lightning")
    log.setLevel(logging.INFO)
    if not logging.getLogger().hasHandlers() and not log.handlers:
        log.addHandler(logging.StreamHandler())
        log.propagate = False
