"""Parity: whose numbers a run has where those of Lightning 1 and of later releases differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


def is_as_in_lightning_1(trainer: Steered) -> bool:
    """True in a run with hooks of Lightning 1, whose numbers are those of 1.9 also where later releases mended them."""
    wired = trainer.plan.wired.values()
    called = (one for each in wired for one in (*each.before, *each.after, each.instead) if one is not None)
    return trainer.numerics == "parity" and any(one.row.mark for one in called)
