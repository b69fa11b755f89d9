"""The native table: every event of a run is told to the method of the same name."""

from __future__ import annotations

from groundwire.callbacks.base import TrainerCallback
from groundwire.tables.hookmap import HookMap, Row, row
from groundwire.tables.hooks import HOOKS, Hook

__all__ = ["NATIVE"]

OPTIONAL = {"step", "is_intermediate", "error"}
"""What an event gives that a callback need not take."""


def _row_of(event: Hook) -> Row:
    return row(
        f"TrainerCallback.{event.name}",
        after=event.name,
        args=("trainer",),
        named=event.gives,
        maybe=OPTIONAL.intersection(event.gives),
    )


NATIVE = HookMap(
    "groundwire",
    bases={"TrainerCallback": TrainerCallback},
    listed=frozenset({"TrainerCallback"}),
    rows=tuple(_row_of(hook) for hook in HOOKS.values() if hook.is_event),
)
"""The events of native callbacks, in the words that every other framework's table uses."""
