"""The base class of callbacks that write checkpoints."""

from __future__ import annotations

from groundwire_lightning.core.callback import Monitor


class Checkpoint(Monitor):
    """What a Trainer takes for a checkpoint callback: it is told last, and replaces the default one."""
