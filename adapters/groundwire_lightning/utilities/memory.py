"""Detached tensors, and errors by which memory shows that it ran out."""

from __future__ import annotations

import gc
from typing import Any

import torch

__all__ = [
    "garbage_collection_cuda",
    "is_cuda_out_of_memory",
    "is_cudnn_snafu",
    "is_oom_error",
    "is_out_of_cpu_memory",
    "recursive_detach",
]


def recursive_detach(in_dict: Any, to_cpu: bool = False) -> Any:
    """A collection of tensors, each detached from its graph.

    Args:
        in_dict: Dictionaries, lists and tuples of tensors.
        to_cpu: Also move them to the CPU.
    """
    if isinstance(in_dict, torch.Tensor):
        return in_dict.detach().cpu() if to_cpu else in_dict.detach()
    if isinstance(in_dict, dict):
        return {key: recursive_detach(value, to_cpu) for key, value in in_dict.items()}
    if type(in_dict) in (list, tuple):
        return type(in_dict)(recursive_detach(value, to_cpu) for value in in_dict)
    return in_dict


def is_oom_error(exception: BaseException) -> bool:
    """True where memory ran out, on a card or on the CPU."""
    return is_cuda_out_of_memory(exception) or is_out_of_cpu_memory(exception)


def is_cuda_out_of_memory(exception: BaseException) -> bool:
    """True where the memory of a card ran out."""
    message = _message_of(exception)
    return is_cudnn_snafu(exception) or ("CUDA" in message and "out of memory" in message)


def is_cudnn_snafu(exception: BaseException) -> bool:
    """True where cuDNN reports NOT_SUPPORTED, as it does where it found no memory for its workspace."""
    return "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED." in _message_of(exception)


def is_out_of_cpu_memory(exception: BaseException) -> bool:
    """True where the memory of the machine ran out."""
    return "DefaultCPUAllocator: can't allocate memory" in _message_of(exception)


def _message_of(exception: BaseException) -> str:
    """The message of an error of torch; empty for any other."""
    return str(exception.args[0]) if isinstance(exception, RuntimeError) and len(exception.args) == 1 else ""


def garbage_collection_cuda() -> None:
    """Collect garbage, and give the memory that torch keeps in reserve on a card back to the card."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
