"""The strategy of one process on one device."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.strategies.strategy import Strategy


class SingleDeviceStrategy(Strategy):
    """One process on one device, which ``strategy="auto"`` means where no launcher started several.

    Args:
        device: The device; the Trainer goes by ``accelerator=`` and ``devices=``.
        checkpoint_io: A ``CheckpointIO`` of your own, which reads and writes checkpoints.
        **kwargs: Must be empty or None.
    """

    strategy_name = "single_device"

    def __init__(self, device: Any = "cpu", checkpoint_io: Any = None, **kwargs: Any) -> None:
        if checkpoint_io is not None:
            self.checkpoint_io = checkpoint_io
        self.device = device
        self.given = {name: value for name, value in kwargs.items() if value is not None}
