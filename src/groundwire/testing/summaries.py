"""What is kept of a value: enough to see that two differ, and by how much, at a size that has a bound."""

from __future__ import annotations

import hashlib
import random
import sys
from typing import Any

import torch

__all__ = [
    "bits_and_norms",
    "digest",
    "is_of_a_framework",
    "number_of",
    "plain_value",
    "random_digests",
    "signature_of",
    "summary_of",
]

SAMPLE = 64
"""So many values of a tensor are kept, evenly spread."""
_LONGEST, _MOST = 80, 8
_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
_FRAMEWORKS = ("lightning", "pytorch_lightning", "lightning_fabric", "groundwire")


def is_of_a_framework(cls: type) -> bool:
    """True for a class of Lightning, of groundwire or of one of its adapters."""
    root = cls.__module__.partition(".")[0]
    return root in _FRAMEWORKS or root.startswith("groundwire_")


def digest(data: Any) -> str:
    """A short name for some bytes."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    """The numbers of a tensor, one after the other."""
    plain = tensor.detach()
    plain = plain.to_local() if hasattr(plain, "to_local") else plain  # of a tensor that several processes share
    plain = plain.dequantize() if plain.is_quantized else plain
    plain = plain if plain.layout == torch.strided else plain.to_dense()
    plain = torch.view_as_real(plain.resolve_conj()) if plain.is_complex() else plain
    return plain.contiguous().reshape(-1)


def summary_of(tensor: torch.Tensor) -> dict[str, Any]:
    """Dtype, shape, a digest of all bytes, and some of the values."""
    kind = {"dtype": str(tensor.dtype).replace("torch.", ""), "shape": list(tensor.shape)}
    if tensor.is_meta:
        return {**kind, "digest": "", "values": []}
    flat = _dense(tensor).cpu()
    chosen = flat if flat.numel() <= SAMPLE else flat[torch.linspace(0, flat.numel() - 1, SAMPLE).long()]
    return {**kind, "digest": digest(flat.view(torch.uint8).numpy()), "values": chosen.double().tolist()}


def bits_and_norms(tensors: list[torch.Tensor]) -> list[list[Any]]:
    """For each tensor a sum over its bits and its norm, computed where the tensors are and read at once."""
    if not tensors:
        return []
    flat = [_dense(tensor) for tensor in tensors]
    bits = [each.view(_INTEGERS[each.element_size()]).sum(dtype=torch.int64) for each in flat]
    norms = [torch.linalg.vector_norm(each.double()) for each in flat]
    return [[int(a), float(b)] for a, b in zip(_read(bits), _read(norms))]  # noqa: B905  # of Python 3.8 too


def _read(scalars: list[torch.Tensor]) -> list[Any]:
    """The values of many tensors, with one wait where they share a device."""
    if len({scalar.device for scalar in scalars}) > 1:
        return [scalar.item() for scalar in scalars]
    values: list[Any] = torch.stack(scalars).tolist()
    return values


def number_of(value: Any) -> Any:
    """A number or a tensor with one entry as a float; any other value in summary."""
    if isinstance(value, torch.Tensor):
        return float(value.detach()) if value.numel() == 1 and not value.is_complex() else summary_of(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # of numpy
        return value.item()
    return value if value is None or isinstance(value, (bool, int, float)) else signature_of(value)


def plain_value(value: Any) -> Any:
    """A result as what JSON has, with the numbers in it and tensors in summary."""
    if isinstance(value, dict):
        return {str(key): plain_value(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(entry) for entry in value]
    return number_of(value)


def signature_of(value: Any) -> Any:
    """An argument in a few words: plain values as they are, of tensors the kind, of others the class."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… {digest(value.encode())}"
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).replace('torch.', '')}{list(value.shape)}"
    if isinstance(value, dict):
        return {str(key): signature_of(entry) for key, entry in list(value.items())[:_MOST]}
    if isinstance(value, (list, tuple)):
        return [signature_of(entry) for entry in value[:_MOST]] + [f"and {len(value) - _MOST}"] * (len(value) > _MOST)
    return "a part of the framework" if is_of_a_framework(type(value)) else type(value).__qualname__


def random_digests() -> dict[str, str]:
    """A digest of the state of each source of random numbers."""
    states = {"python": digest(repr(random.getstate()).encode()), "torch": digest(torch.get_rng_state().numpy())}
    if (numpy := sys.modules.get("numpy")) is not None:
        states["numpy"] = digest(repr([part.tolist() if hasattr(part, "tolist") else part
                                       for part in numpy.random.get_state()]).encode())  # fmt: skip
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        states["cuda"] = digest(b"".join(state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()))
    return states
