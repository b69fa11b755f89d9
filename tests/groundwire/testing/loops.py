"""A training loop without a Trainer, for what needs none."""

from __future__ import annotations

from collections.abc import Callable

import torch


def plain_loop(steps: int = 3, rate: float = 0.1, factor: float = 1.0, noise: bool = True) -> Callable[[], None]:
    """A function that trains a small layer.

    Args:
        factor: What the last loss is multiplied with.
        noise: Draw the data, rather than take ones.
    """

    def train() -> None:
        layer = torch.nn.Linear(3, 1)
        optimizer = torch.optim.SGD(layer.parameters(), rate)
        for step in range(steps):
            optimizer.zero_grad()
            data = torch.randn(4, 3) if noise else torch.ones(4, 3)
            loss = layer(data).square().mean() * (factor if step == steps - 1 else 1.0)
            loss.backward()
            optimizer.step()

    return train
