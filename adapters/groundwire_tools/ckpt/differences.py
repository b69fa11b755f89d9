"""The differences between two checkpoints: which entries one lacks, and how far apart the others are."""

from __future__ import annotations

import cmath
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from groundwire.errors import CheckpointError
from groundwire.saved.stand_ins import StandIn
from groundwire_tools.ckpt.printable import brief, joined

__all__ = ["Difference", "differences", "parts"]

MOST_PARTS = 1_000_000
DEEPEST = 200
Path = tuple[Any, ...]


class Difference(NamedTuple):
    """One place at which two checkpoints differ.

    Attributes:
        path: The keys that lead there, with dots between them.
        what: ``only in A``, ``only in B``, ``kind``, ``shape``, ``dtype`` or ``value``.
        a: What A has there.
        b: What B has there.
        largest: The largest absolute difference of numbers.
    """

    path: str
    what: str
    a: str = ""
    b: str = ""
    largest: float | None = None


def differences(a: Any, b: Any, rtol: float = 0.0) -> list[Difference]:
    """All places at which two values differ, in the order of A, and then what B alone has.

    Args:
        a: One value, of containers, tensors and plain values.
        b: The other.
        rtol: Numbers whose difference is at most this share of B's are equal.

    Raises:
        CheckpointError: One of them holds itself, or one part many times over.
    """
    ones, others = dict(parts(a)), dict(parts(b))
    rows = [
        Difference(joined(path), "only in A", brief(value))
        if path not in others
        else _compared(path, value, others[path], rtol)
        for path, value in ones.items()
    ]
    rows += [
        Difference(joined(path), "only in B", "", brief(value)) for path, value in others.items() if path not in ones
    ]
    return [row for row in rows if row is not None]


def parts(value: Any) -> Iterator[tuple[Path, Any]]:
    """Path and value of everything that is no container, and of containers that are empty."""
    ahead: list[tuple[Path, Any]] = [((), value)]
    visits = 0
    while ahead:
        path, part = ahead.pop()
        visits += 1
        if visits > MOST_PARTS or len(path) > DEEPEST:
            raise CheckpointError("it holds itself, or one part many times over, and cannot be compared")
        below = _entries_below(part)
        if below:
            ahead += [((*path, key), entry) for key, entry in reversed(below)]
        else:
            yield path, part


_KEYS = frozenset({str, int, bool, bytes, type(None)})
"""Keys that equal those of another file where they are the same."""


def _entries_below(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [(key if type(key) in _KEYS else brief(key, whole=True), entry) for key, entry in value.items()]
    return list(enumerate(value)) if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size) else []


def _compared(path: Path, a: Any, b: Any, rtol: float) -> Difference | None:
    a, b = _as_tensor(a), _as_tensor(b)
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return _tensors(joined(path), a, b, rtol)
    if type(a) is not type(b):
        return Difference(joined(path), "kind", brief(a), brief(b))
    if isinstance(a, StandIn):
        return None if a.foreign_name == b.foreign_name else Difference(joined(path), "value", brief(a), brief(b))
    if isinstance(a, (int, float, complex)) and not isinstance(a, bool):
        return _numbers(joined(path), a, b, rtol)
    return None if a == b else Difference(joined(path), "value", brief(a), brief(b))


def _as_tensor(value: Any) -> Any:
    """An array of numpy as a tensor, where torch knows its numbers."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) is not None:
        try:
            return torch.as_tensor(value)
        except TypeError:  # of texts or objects
            return str(value)
    return value


def _numbers(path: str, a: Any, b: Any, rtol: float) -> Difference | None:
    if a == b or (_is_nan(a) and _is_nan(b)):
        return None
    try:
        largest = float(abs(a - b))
        is_near = rtol > 0 and largest <= rtol * abs(b)
    except OverflowError:  # of whole numbers beyond those of a float
        largest, is_near = float("inf"), False
    return None if is_near else Difference(path, "value", brief(a), brief(b), largest)


def _is_nan(number: Any) -> bool:
    return not isinstance(number, int) and cmath.isnan(number)


def _tensors(path: str, a: torch.Tensor, b: torch.Tensor, rtol: float) -> Difference | None:
    if a.shape != b.shape:
        return Difference(path, "shape", brief(a), brief(b))
    if a.dtype != b.dtype:
        return Difference(path, "dtype", brief(a), brief(b))
    if a.is_meta or b.is_meta:  # no bytes to compare
        return None if a.is_meta and b.is_meta else Difference(path, "kind", brief(a), brief(b))
    one, other = _dense(a), _dense(b)
    apart = _distance(one, other)
    wrong = ~((one == other) | (one.isnan() & other.isnan()))
    if rtol > 0:  # else whole numbers would be equal whose distance no float tells
        wrong &= ~(apart <= rtol * _for_distance(other).abs())
    if not bool(wrong.any()):
        return None
    first = int(wrong.reshape(-1).nonzero()[0])
    where = [int(index) for index in torch.unravel_index(torch.tensor(first), a.shape)] if a.dim() else []
    one_value, other_value = one.reshape(-1)[first].item(), other.reshape(-1)[first].item()
    place = f" at {where}" if where else ""
    largest = float(apart[wrong].max())
    return Difference(path, "value", f"{one_value!r}{place}", f"{other_value!r}{place}", largest)


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    """The numbers of a tensor in a dtype whose comparison is exact, and that every operation knows."""
    plain = tensor.detach().dequantize() if tensor.is_quantized else tensor.detach()
    plain = plain if plain.layout == torch.strided else plain.to_dense()
    if plain.is_complex():
        return plain.to(torch.complex128)
    return plain.to(torch.float64 if plain.is_floating_point() else torch.int64)


def _for_distance(tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.is_complex() else tensor.to(torch.float64)


def _distance(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return (_for_distance(one) - _for_distance(other)).abs()
