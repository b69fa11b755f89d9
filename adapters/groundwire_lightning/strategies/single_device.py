"""One process on one device."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.strategies.strategy import Strategy


class SingleDeviceStrategy(Strategy):
    """What ``strategy="auto"`` comes to in one process.

    Args:
        device: The device; ``Trainer(accelerator=..., devices=...)`` says it as well.
        checkpoint_io: What reads and writes checkpoints, where it is one of your own.
        **kwargs: Must be empty or None.
    """

    strategy_name = "single_device"

    def __init__(self, device: Any = "cpu", checkpoint_io: Any = None, **kwargs: Any) -> None:
        if checkpoint_io is not None:
            self.checkpoint_io = checkpoint_io
        self.device = device
        self.given = {name: value for name, value in kwargs.items() if value is not None}
