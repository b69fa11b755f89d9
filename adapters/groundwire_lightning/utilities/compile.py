"""Compiled modules, and the modules inside them."""

from __future__ import annotations

from typing import Any

from torch import nn

__all__ = ["from_compiled", "to_uncompiled"]


def from_compiled(model: Any) -> Any:
    """The compiled module itself: entry points take it as it is, and its steps run compiled.

    Args:
        model: The return value of ``torch.compile``.
    """
    return model


def to_uncompiled(model: Any) -> Any:
    """The module that ``torch.compile`` was called with.

    Args:
        model: The return value of ``torch.compile``.

    Raises:
        ValueError: The model is not compiled.
    """
    inner = getattr(model, "_orig_mod", None)
    if not isinstance(inner, nn.Module):
        raise ValueError(f"to_uncompiled: what torch.compile returned is due, got {type(model).__name__}")
    return inner
