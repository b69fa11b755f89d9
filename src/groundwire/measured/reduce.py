"""Across processes: named scalars, reduced in one collective, or an error that says who has which names."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from groundwire.errors import GroundwireError

__all__ = ["DisagreementError", "reduce_together"]

BLOCK = 64
"""Numbers that travel in the first collective; what is more takes a second one, once all agree that there is."""
_STEPS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mean": torch.add,
    "sum": torch.add,
    "min": torch.minimum,
    "max": torch.maximum,
}


class DisagreementError(GroundwireError, RuntimeError):
    """Processes came with different names; raised in all of them."""


def reduce_together(values: Mapping[str, tuple[str, Tensor]], group: Any = None) -> dict[str, Tensor]:
    """Reduce scalars over processes; every process has to call it, with the same names.

    They travel in 64-bit floats and are reduced in the type that they have, rank after rank.

    Args:
        values: Name to how it is reduced (``"mean"``, ``"sum"``, ``"min"`` or ``"max"``) and to a scalar.
        group: Processes of ``torch.distributed``; by default all.

    Returns:
        Name to what all processes have together.

    Raises:
        DisagreementError: Processes came with different names.
    """
    device = _device(group)
    digest = zlib.crc32(repr([(name, kind) for name, (kind, _) in values.items()]).encode())
    numbers = [scalar.detach().reshape(()).to(device, torch.float64) for _, scalar in values.values()]
    head = torch.tensor([float(digest), float(len(numbers))], dtype=torch.float64, device=device)
    mine = torch.cat([head, *(number.reshape(1) for number in numbers)])
    first = _gathered(torch.nn.functional.pad(mine, (0, max(0, BLOCK - len(mine))))[:BLOCK], group)
    # each process sees the same rows, so all of them raise, and none waits for a second collective
    if any(tuple(row[:2].tolist()) != (digest, len(numbers)) for row in first):
        raise DisagreementError(_who_has_what(list(values), group))
    rest = _gathered(mine[BLOCK:], group) if len(mine) > BLOCK else [mine[:0]] * len(first)
    rows = [torch.cat(both)[2:] for both in zip(first, rest, strict=True)]
    reduced = {}
    for index, (name, (kind, scalar)) in enumerate(values.items()):
        column = [row[index].to(scalar.device, scalar.dtype) for row in rows]
        together = functools.reduce(_STEPS[kind], column)
        reduced[name] = together / len(column) if kind == "mean" else together
    return reduced


def _device(group: Any) -> torch.device:
    on_gpu = torch.distributed.get_backend(group) == "nccl"
    return torch.device("cuda", torch.cuda.current_device()) if on_gpu else torch.device("cpu")


def _gathered(block: Tensor, group: Any) -> list[Tensor]:
    blocks = [torch.empty_like(block) for _ in range(torch.distributed.get_world_size(group))]
    torch.distributed.all_gather(blocks, block.contiguous(), group=group)
    return blocks


def _who_has_what(names: list[str], group: Any) -> str:
    everyone: list[Any] = [None] * torch.distributed.get_world_size(group)
    torch.distributed.all_gather_object(everyone, names, group=group)
    known = dict.fromkeys(name for some in everyone for name in some)
    missing = [
        f"process {rank} lacks {lacking}"
        for rank, some in enumerate(everyone)
        if (lacking := [name for name in known if name not in some])
    ]
    difference = "; ".join(missing) or f"the order differs: {everyone}"
    return f"values that are reduced over processes must have the same names in all of them, and {difference}"
