"""What is told in the log is seen on the console, unless the program has set up its own log."""

from __future__ import annotations

import logging


def show_log() -> None:
    """Let the log of this package reach ``stderr``, from INFO on; a root logger with handlers is left to do that."""
    log = logging.getLogger("groundwire_lightning")
    log.setLevel(logging.INFO)
    if not logging.getLogger().hasHandlers() and not log.handlers:
        log.addHandler(logging.StreamHandler())
        log.propagate = False
