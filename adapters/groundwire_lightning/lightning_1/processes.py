"""Functions between processes that Lightning 1 had among its utilities."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.distributed import ReduceOp

from groundwire_lightning.utilities.distributed import _distributed_is_initialized

__all__ = ["ReduceOp", "distributed_available", "sync_ddp", "sync_ddp_if_available"]


distributed_available = _distributed_is_initialized


def sync_ddp_if_available(result: Tensor, group: Any = None, reduce_op: Any = "sum") -> Tensor:
    """A tensor reduced over all processes, or itself where there is one alone.

    Args:
        result: The tensor; it is changed in place.
        group: The processes; by default all.
        reduce_op: ``"sum"``, ``"mean"`` or ``"avg"``, or an operation of torch.
    """
    return sync_ddp(result, group, reduce_op) if distributed_available() else result


def sync_ddp(result: Tensor, group: Any = None, reduce_op: Any = None) -> Tensor:
    """A tensor reduced over all processes.

    Args:
        result: The tensor; it is changed in place.
        group: The processes; by default all.
        reduce_op: ``"sum"``, ``"mean"`` or ``"avg"``, or an operation of torch; by default the sum.
    """
    takes_mean = isinstance(reduce_op, str) and reduce_op.lower() in ("avg", "mean")
    named = ReduceOp.SUM if takes_mean or reduce_op is None else reduce_op
    operation = getattr(ReduceOp, named.upper()) if isinstance(named, str) else named
    torch.distributed.barrier(group)
    torch.distributed.all_reduce(result, op=operation, group=group, async_op=False)
    return result / torch.distributed.get_world_size(group) if takes_mean else result
