"""The log of the package on the console, unless the program has set up logging itself."""

from __future__ import annotations

import importlib
import logging
import os
import random
import sys


def tell(log: logging.Logger, message: str, *values: object) -> None:
    """Write a line into a log, in the first of several processes.

    Args:
        log: The logger of the calling module.
        message: The message, with the placeholders of :meth:`logging.Logger.info`.
        *values: The values that fill them.
    """
    # read from the environment, for no process group may be there yet
    if os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")) == "0":
        log.info(message, *values, stacklevel=2)  # the line of the caller


def load_rich() -> None:
    """Import rich without a draw from the program's random numbers, from which it takes one as it is imported."""
    if "rich.style" not in sys.modules:
        state = random.getstate()
        importlib.import_module("rich.style")
        random.setstate(state)


def show_log() -> None:
    """Let the log of this package reach ``stderr``, from INFO on; a root logger with handlers is left to do that."""
    log = logging.getLogger("groundwire_lightning")
    log.setLevel(logging.INFO)
    if not logging.getLogger().hasHandlers() and not log.handlers:
        log.addHandler(logging.StreamHandler())
        log.propagate = False  # a root logger that is set up later would print each line twice
