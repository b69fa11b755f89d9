"""The module at which Lightning says which devices a Trainer found."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from groundwire.errors import rank_zero_warn
from groundwire_lightning.accelerators import KINDS
from groundwire_lightning.errors import PossibleUserWarning
from groundwire_lightning.utilities.console import tell

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered

__all__ = ["_log_device_info"]

_log = logging.getLogger(__name__)


def _log_device_info(trainer: Steered) -> None:
    """Say in the log which GPUs there are and whether they are used; warn where they are not."""
    cards = [name for name in ("cuda", "mps") if KINDS[name].is_available()]
    used = any(isinstance(trainer.accelerator, KINDS[name]) for name in cards)
    for name in cards:
        tell(_log, "GPU: %d of %s, %s", KINDS[name].auto_device_count(), name, "used" if used else "not used")
    if not cards:
        tell(_log, "GPU: none, so the CPU is used")
    elif not used:
        rank_zero_warn(
            f"there is a GPU ({cards[0]}), and it is not used; Trainer(accelerator='gpu') uses it",
            category=PossibleUserWarning,
        )
