"""Whether there are several processes."""

import torch

__all__ = ["_distributed_is_initialized"]


def _distributed_is_initialized() -> bool:
    """True where processes know of each other."""
    return torch.distributed.is_available() and torch.distributed.is_initialized()
