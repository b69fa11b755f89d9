"""States of metrics across processes: one collective for each kind of reduction, whatever the number of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from torchmetrics import Metric

State = tuple[Any, str]
"""A metric, and the name of one of its states."""


def reduce_states(metrics: Sequence[Metric], was_fed: bool, device: torch.device, processes: int) -> bool:
    """Reduce the states of every metric over all processes; ``compute()`` then does not reduce them again.

    Sums and means travel together, smallest and greatest values do, and so do states that are concatenated or
    reduced by a function of their own. Numbers travel in double precision: counts up to 2**53 stay exact.

    Args:
        metrics: The same metrics in every process, wrappers and those they wrap; every process has to call this.
        was_fed: True if they saw a batch in this process.
        device: The device of this process.
        processes: The number of processes.

    Returns:
        True if they saw a batch in any process.
    """
    kinds = _by_kind(metrics)
    fed = torch.tensor([float(was_fed)], dtype=torch.float64, device=device)
    anywhere, *sums = _reduced([fed, *_values(kinds["sum"] + kinds["mean"])], device, torch.distributed.ReduceOp.SUM)
    _put(kinds["sum"], sums[: len(kinds["sum"])])
    _put(kinds["mean"], [total / processes for total in sums[len(kinds["sum"]) :]])
    # A minimum is the negative of the maximum of negatives, so one collective does for both.
    signed = [*_values(kinds["max"]), *(-value.double() for value in _values(kinds["min"]))]
    if signed:
        extremes = _reduced(signed, device, torch.distributed.ReduceOp.MAX)
        _put(kinds["max"], extremes[: len(kinds["max"])])
        _put(kinds["min"], [-value for value in extremes[len(kinds["max"]) :]])
    if kinds["other"]:
        _gather(kinds["other"], device, processes)
    is_fed = bool(anywhere.item())
    for metric in metrics:
        metric.sync_on_compute = metric._to_sync = False
        metric._computed = None
        if is_fed:
            metric._update_count = metric._update_count or 1
    return is_fed


def _by_kind(metrics: Iterable[Metric]) -> dict[str, list[State]]:
    """States by their kind of reduction, in an order that is the same in every process."""
    from torchmetrics.utilities import dim_zero_max, dim_zero_mean, dim_zero_min, dim_zero_sum

    names: dict[Any, str] = {dim_zero_sum: "sum", dim_zero_mean: "mean", dim_zero_max: "max", dim_zero_min: "min"}
    kinds: dict[str, list[State]] = {name: [] for name in ("sum", "mean", "max", "min", "other")}
    for metric in metrics:
        for name, reduction in metric._reductions.items():
            default = metric._defaults[name]
            is_number = isinstance(default, Tensor) and not default.is_complex()
            kinds[names.get(reduction, "other") if is_number else "other"].append((metric, name))
    return kinds


def _values(states: Sequence[State]) -> list[Any]:
    return [getattr(*spot) for spot in states]


def _put(states: Sequence[State], fresh: Sequence[Tensor]) -> None:
    for (metric, name), value in zip(states, fresh, strict=True):
        old = getattr(metric, name)
        setattr(metric, name, value.to(old.dtype).reshape(old.shape))


def _reduced(values: Sequence[Tensor], device: torch.device, by: Any) -> list[Tensor]:
    flat = torch.cat([value.detach().reshape(-1).to(device, torch.float64) for value in values])
    torch.distributed.all_reduce(flat, op=by)
    return list(torch.split(flat, [value.numel() for value in values]))


def _gather(states: Sequence[State], device: torch.device, processes: int) -> None:
    """Exchange states that are concatenated, kept side by side, or reduced by a function of their own."""
    from torchmetrics.utilities import dim_zero_cat

    mine = [[tensor.cpu() for tensor in value] if isinstance(value, list) else value.cpu() for value in _values(states)]
    by_process: list[Any] = [None] * processes
    torch.distributed.all_gather_object(by_process, mine)
    for number, (metric, name) in enumerate(states):
        values, reduction = [theirs[number] for theirs in by_process], metric._reductions[name]
        whole: Any
        if isinstance(values[0], list):
            whole = [tensor.to(device) for tensors in values for tensor in tensors]
        elif reduction is dim_zero_cat:
            whole = torch.cat([tensor.reshape(1) if tensor.ndim == 0 else tensor for tensor in values]).to(device)
        else:
            stacked = torch.stack(values).to(device)
            whole = stacked if not callable(reduction) else reduction(stacked)
        setattr(metric, name, whole)
