"""Where Lightning has what says which devices a Trainer found."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from groundwire_lightning.accelerators import KINDS

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

__all__ = ["_log_device_info"]

_log = logging.getLogger(__name__)


def _log_device_info(trainer: Steered) -> None:
    """Say in the log which devices there are and which is used."""
    for name, kind in KINDS.items():
        if kind.is_available():
            used = isinstance(trainer.accelerator, kind)
            _log.info("%s: %d there, %s", name, kind.auto_device_count(), "used" if used else "not used")
