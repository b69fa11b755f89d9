"""Sums and counts of the metrics in a module, which torchmetrics leaves out of ``state_dict``.

The package is looked for, not imported: where nobody imported it there are no metrics.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import torch

__all__ = ["load_metric_states", "metric_states"]

LEFT_OUT = frozenset({"_computed", "_forward_cache"})
"""Tensors that a metric calculates anew."""


def metric_states(module: Any) -> dict[str, dict[str, Any]]:
    """The sums and counts of every metric in a module, by the name of the metric; numbers and tensors."""
    return {
        name: {key: value for key, value in vars(metric).items() if _adds_up(key, value)}
        for name, metric in _metrics(module)
    }


def load_metric_states(module: Any, states: Mapping[str, Mapping[str, Any]]) -> None:
    """Give back what :func:`metric_states` told; metrics that it did not know stay as they are."""
    for name, metric in _metrics(module):
        for key, value in states.get(name, {}).items():
            setattr(metric, key, _copied(value, metric.device))
        if name in states:
            metric._computed = None  # else compute() would return what it was before


def _metrics(module: Any) -> Iterator[tuple[str, Any]]:
    torchmetrics = sys.modules.get("torchmetrics")
    if torchmetrics is None:
        return
    for name, part in module.named_modules():
        if isinstance(part, torchmetrics.MetricCollection):
            dict(part.items(copy_state=False))  # metrics that share a state look at it again
        elif isinstance(part, torchmetrics.Metric):
            yield name, part


def _adds_up(key: str, value: Any) -> bool:
    if isinstance(value, list):
        return not key.startswith("_") and all(isinstance(entry, torch.Tensor) for entry in value)
    return key not in LEFT_OUT and (type(value) is int or isinstance(value, torch.Tensor))


def _copied(value: Any, device: torch.device) -> Any:
    if isinstance(value, list):
        return [_copied(entry, device) for entry in value]
    return value.clone().to(device) if isinstance(value, torch.Tensor) else value
