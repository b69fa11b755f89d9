"""Module paths of before: each answers with the module at its new home, for one release."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "groundwire.hooks": "groundwire.tables.hooks",
    "groundwire.hookmap": "groundwire.tables.hookmap",
    "groundwire.plan": "groundwire.tables.plan",
    "groundwire.fuse": "groundwire.tables.fuse",
    "groundwire.report": "groundwire.tables.report",
    "groundwire.checkpoint": "groundwire.saved.checkpoint",
    "groundwire.training_state": "groundwire.saved.training_state",
    "groundwire.ledger": "groundwire.measured.ledger",
    "groundwire.reduce": "groundwire.measured.reduce",
    "groundwire.data_order": "groundwire.data.order",
    "groundwire.placeholders": "groundwire.schedulers.placeholders",
    "groundwire.callbacks.checks": "groundwire.checks",
    "groundwire.timm": "groundwire.trainer.timm",
}
"""Path of before, and the module that it means."""


class Moved(MetaPathFinder, Loader):
    """Finds the modules of :data:`MOVED`; asked last, and importing nothing before one of them is asked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Claim a path of before; any other is no business of this finder."""
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def exec_module(self, module: ModuleType) -> None:
        """Put the module at the new home in place of the empty one that was made for the old path."""
        old = module.__name__
        warnings.warn(f"{old} is now {MOVED[old]}; import it from there", DeprecationWarning, stacklevel=2)
        sys.modules[old] = importlib.import_module(MOVED[old])  # the import goes on with what stands there


def answer_old_paths() -> None:
    """Let imports of the paths of before be answered."""
    sys.meta_path.append(Moved())
