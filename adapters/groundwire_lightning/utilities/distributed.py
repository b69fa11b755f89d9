"""A question about the process group of torch, under the name that Lightning code imports."""

import torch

__all__ = ["_distributed_is_initialized"]


def _distributed_is_initialized() -> bool:
    """True where a process group of torch was initialised."""
    return torch.distributed.is_available() and torch.distributed.is_initialized()
