"""Tensors of a file, made within the bytes that the file has for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from groundwire.saved.stand_ins import StandIn
from groundwire.saved.unpickling import BrokenFileError, Known

__all__ = ["StorageKind", "Stored", "known_tensors"]

_LARGEST_VIEW = 1 << 30
"""Bytes that a tensor may seem to have beyond those of its storage, as an expanded one does."""


class Stored(NamedTuple):
    """The bytes of tensors, and how they are read."""

    storage: torch.UntypedStorage
    dtype: torch.dtype


class StorageKind:
    """Stands for a class of storages, whose numbers are of one kind.

    Args:
        dtype: The kind.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype


_STORAGES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "ComplexDouble": torch.complex128,
    "ComplexFloat": torch.complex64,
    "QInt8": torch.qint8,
    "QUInt8": torch.quint8,
    "QInt32": torch.qint32,
}


def known_tensors(map_location: Any) -> dict[str, Known]:
    """The names of tensors and of what they are made of.

    Args:
        map_location: Where tensors go that are no storages in the file.
    """
    rooms = ("torch", "torch.cuda")
    storages = {f"{room}.{name}Storage": Known(StorageKind(kind)) for name, kind in _STORAGES.items() for room in rooms}
    makers: dict[str, Callable[..., Any]] = {
        "_rebuild_tensor": _tensor,
        "_rebuild_tensor_v2": _tensor,
        "_rebuild_tensor_v3": _tensor_of_kind,
        "_rebuild_parameter": _parameter,
        "_rebuild_parameter_with_state": _parameter,
        "_rebuild_sparse_tensor": _sparse,
        "_rebuild_qtensor": _quantized,
        "_rebuild_meta_tensor_no_storage": _without_bytes,
        "_rebuild_device_tensor_from_numpy": _from_numpy(map_location),
        "_rebuild_device_tensor_from_cpu_tensor": _from_cpu(map_location),
    }
    return {
        **storages,
        "torch.storage.UntypedStorage": Known(StorageKind(torch.uint8)),
        **{f"torch._utils.{name}": Known(make, make) for name, make in makers.items()},
        "torch._tensor._rebuild_from_type_v2": Known(_of_class, _of_class),
        "torch.Tensor": Known(torch.Tensor),
        "torch._tensor.Tensor": Known(torch.Tensor),
        "torch.nn.parameter.Parameter": Known(torch.nn.Parameter),
    }


def _tensor(stored: Any, offset: int, size: Any, stride: Any, grad: bool = False, *more: Any) -> torch.Tensor:
    """A view of bytes; ``more`` are hooks, which no file keeps, and marks of conjugate views."""
    _check_view(stored, stored.dtype, offset, size, stride)
    tensor = torch.empty(0, dtype=stored.dtype, device=stored.storage.device).set_(stored.storage, offset, size, stride)
    if (marks := more[1] if len(more) > 1 else None) and isinstance(marks, dict):
        tensor = tensor.conj() if marks.get("conj") else tensor
        tensor = torch._neg_view(tensor) if marks.get("neg") else tensor
    return tensor.requires_grad_() if grad else tensor


def _tensor_of_kind(
    stored: Any, offset: int, size: Any, stride: Any, grad: bool, hooks: Any, dtype: Any, *more: Any
) -> torch.Tensor:
    return _tensor(stored._replace(dtype=dtype), offset, size, stride, grad, hooks, *more)


def _check_view(stored: Any, dtype: torch.dtype, offset: Any, size: Any, stride: Any) -> None:
    """Refuse a tensor that goes beyond its bytes: torch would make room for one that does not."""
    if not (isinstance(stored, Stored) and isinstance(dtype, torch.dtype)):
        raise BrokenFileError("what it says of a tensor cannot be read")
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or any(type(number) is not int or number < 0 for number in numbers):
        raise BrokenFileError("what it says of a tensor cannot be read")
    numel, last = 1, offset
    for length, step in zip(size, stride, strict=True):
        numel, last = numel * length, last + (length - 1) * step
    room = len(stored.storage)
    if numel and (last + 1) * dtype.itemsize > room:
        raise BrokenFileError("a tensor of it goes beyond its bytes")
    if numel * dtype.itemsize > room + _LARGEST_VIEW:
        raise BrokenFileError("a tensor of it repeats few bytes too often")


def _parameter(data: torch.Tensor, grad: bool, *more: Any) -> torch.nn.Parameter:
    parameter = torch.nn.Parameter(data, grad)
    _set_attributes(parameter, more[1] if len(more) > 1 else None)
    return parameter


def _set_attributes(tensor: torch.Tensor, state: Any) -> None:
    """Set what somebody had set on a tensor; nothing of it may hide something of the class."""
    own = state[0] if isinstance(state, tuple) and state else state
    for name, value in (own or {}).items():
        if type(name) is not str or hasattr(torch.Tensor, name):
            raise BrokenFileError(f"it would replace {name!r} of a tensor")
        setattr(tensor, name, value)


def _of_class(make: Any, kind: Any, arguments: tuple[Any, ...], state: Any) -> Any:
    """A tensor of a class of its own; of one that is not known a stand-in, as of every other object."""
    if isinstance(kind, StandIn) or isinstance(make, StandIn):
        return kind if isinstance(kind, StandIn) else make
    if kind not in (torch.Tensor, torch.nn.Parameter) or make not in _MAKERS:
        raise BrokenFileError("what it says of a tensor cannot be read")
    tensor = make(*arguments)
    tensor = tensor if type(tensor) is kind else tensor.as_subclass(kind)
    _set_attributes(tensor, state)
    return tensor


def _sparse(layout: torch.layout, data: tuple[Any, ...]) -> torch.Tensor:
    if layout == torch.sparse_coo:
        indices, values, size, *coalesced = data
        words: dict[str, Any] = {"is_coalesced": coalesced[0]} if coalesced else {}
        return torch.sparse_coo_tensor(indices, values, size, check_invariants=not indices.is_meta, **words)
    inner, outer, values, size = data
    return torch.sparse_compressed_tensor(inner, outer, values, size, layout=layout, check_invariants=not inner.is_meta)


def _quantized(stored: Any, offset: int, size: Any, stride: Any, scheme: Any, *more: Any) -> torch.Tensor:
    _check_view(stored, stored.dtype, offset, size, stride)
    kind: Any = torch.storage.TypedStorage
    typed = kind(wrap_storage=stored.storage, dtype=stored.dtype, _internal=True)
    rebuild: Callable[..., torch.Tensor] = torch._utils._rebuild_qtensor
    return rebuild(typed, offset, size, stride, scheme, *more)


def _without_bytes(dtype: torch.dtype, size: Any, stride: Any, grad: bool) -> torch.Tensor:
    return torch.empty_strided(size, stride, dtype=dtype, device="meta", requires_grad=grad)


def _place(map_location: Any, location: Any) -> Any:
    """The device of a tensor that is no storage in the file."""
    if isinstance(map_location, dict):
        return map_location.get(location, location)
    return location if map_location is None or callable(map_location) else map_location


def _from_numpy(map_location: Any) -> Callable[..., torch.Tensor]:
    def make(data: Any, dtype: torch.dtype, device: str, grad: bool) -> torch.Tensor:
        return torch.from_numpy(data).to(dtype=dtype, device=_place(map_location, device)).requires_grad_(grad)

    return make


def _from_cpu(map_location: Any) -> Callable[..., torch.Tensor]:
    def make(data: torch.Tensor, dtype: torch.dtype, device: str, grad: bool) -> torch.Tensor:
        return data.to(dtype=dtype, device=_place(map_location, device)).requires_grad_(grad)

    return make


_MAKERS = (_tensor, _tensor_of_kind, _parameter, _sparse, _quantized, _without_bytes)
