"""The table of native callbacks: an event runs its row, as for any other framework."""

from __future__ import annotations

from groundwire.callbacks.base import TrainerCallback
from groundwire.hookmap import HookMap, row
from groundwire.hooks import HOOKS

OPTIONAL = {"step", "is_intermediate", "error"}

NATIVE = HookMap(
    "groundwire",
    bases={"TrainerCallback": TrainerCallback},
    listed=frozenset({"TrainerCallback"}),
    rows=tuple(
        row(
            f"TrainerCallback.{hook.name}",
            after=hook.name,
            args=("trainer",),
            named=hook.gives,
            maybe=OPTIONAL.intersection(hook.gives),
        )
        for hook in HOOKS.values()
        if hook.is_event
    ),
)
