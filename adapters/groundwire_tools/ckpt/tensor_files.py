"""Weights in files of safetensors, which keep neither the order of names nor that two names share one tensor.

Both stand in the metadata: the order as a list, and a shared tensor under the name that holds its values, as
``safetensors.torch.save_model`` has it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from groundwire.errors import CheckpointError
from groundwire.saved.unpickling import BrokenFileError, first_line
from groundwire.saved.whole_files import workplace

__all__ = ["read_tensors", "write_tensors"]

_ORDER = "groundwire.order"


def read_tensors(path: Path) -> dict[str, Any]:
    """The tensors of a file, in the order in which they were written.

    Raises:
        BrokenFileError: It is torn, or something else.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no dictionary
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise BrokenFileError(first_line(error)) from error
    shared = {alias: tensors[name] for alias, name in metadata.items() if name in tensors and alias not in tensors}
    tensors.update(shared)
    return {name: tensors[name] for name in _order(metadata, tensors)}


def _order(metadata: Mapping[str, str], tensors: Mapping[str, Any]) -> list[str]:
    try:
        names = json.loads(metadata.get(_ORDER, "[]"))
        return names if sorted(names) == sorted(tensors) else list(tensors)
    except (ValueError, TypeError):
        return list(tensors)


def write_tensors(path: Path, weights: Mapping[str, Any]) -> None:
    """Write weights so that at ``path`` there is the old file or the new one, never a part of it.

    Raises:
        CheckpointError: Something among them is no tensor that such files can hold, or the path cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    if unfit := [name for name, value in weights.items() if not _can_stand_there(value)]:
        raise CheckpointError(
            f"safetensors hold plain tensors alone, and {', '.join(unfit[:4])} is none; --to state-dict keeps it"
        )
    own, shared = _without_shared(weights)
    metadata = {"format": "pt", _ORDER: json.dumps(list(weights)), **shared}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with workplace(path) as folder:
            part = folder / path.name
            save_file(own, part, metadata)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be written: {first_line(error)}") from error


def _can_stand_there(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_quantized


def _without_shared(weights: Mapping[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors of their own memory each; and of tensors that are the same, name to the name that is written."""
    own, shared, names = dict[str, torch.Tensor](), dict[str, str](), dict[Any, str]()
    for name, tensor in weights.items():
        view = (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tensor.shape, tensor.stride())
        first = names.setdefault((*view, tensor.dtype) if tensor.numel() else name, name)
        if first == name:
            own[name] = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
        else:
            shared[name] = first
    return own, shared
