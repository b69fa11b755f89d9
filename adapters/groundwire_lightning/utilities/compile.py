"""Modules in and out of ``torch.compile``."""

from __future__ import annotations

from typing import Any

from torch import nn

__all__ = ["from_compiled", "to_uncompiled"]


def from_compiled(model: Any) -> Any:
    """What ``torch.compile`` returned, as entry points take it: itself.

    Args:
        model: The compiled module; its steps run compiled.
    """
    return model


def to_uncompiled(model: Any) -> Any:
    """The module that was given to ``torch.compile``.

    Args:
        model: The compiled module.

    Raises:
        ValueError: It is none.
    """
    inner = getattr(model, "_orig_mod", None)
    if not isinstance(inner, nn.Module):
        raise ValueError(f"to_uncompiled: what torch.compile returned is due, got {type(model).__name__}")
    return inner
