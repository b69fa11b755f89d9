"""The base class of callbacks that write checkpoints."""

from __future__ import annotations

from groundwire_lightning.core.callback import Monitor


class Checkpoint(Monitor):
    """A callback that writes checkpoints: its hooks run after those of all others, and it replaces the default one."""
