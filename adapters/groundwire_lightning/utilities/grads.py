"""The norms of gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["grad_norm"]


def grad_norm(module: nn.Module, norm_type: float | int | str, group_separator: str = "/") -> dict[str, Tensor]:
    """The norm of the gradient of each parameter, and of all of them together.

    Args:
        module: The module that has the parameters.
        norm_type: The order of the norm: 1, 2 … or ``"inf"``.
        group_separator: The text between ``grad_2.0_norm`` and the name of the parameter.

    Returns:
        Name to norm, the total last; empty where there are no gradients.

    Raises:
        ValueError: The order is not above 0.
    """
    norm_type = float(norm_type)
    if norm_type <= 0:
        raise ValueError(f"norm_type: a number above 0 or 'inf' is due, got {norm_type}")
    start = f"grad_{norm_type}_norm"
    gradients = {name: parameter.grad for name, parameter in module.named_parameters() if parameter.grad is not None}
    norms = {f"{start}{group_separator}{name}": grad.detach().norm(norm_type) for name, grad in gradients.items()}
    if norms:
        norms[f"{start}_total"] = torch.tensor(list(norms.values())).norm(norm_type)
    return norms
