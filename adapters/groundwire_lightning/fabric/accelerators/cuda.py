"""Where Fabric has what torch sees of CUDA."""

import torch

from groundwire_lightning.accelerators import CUDAAccelerator, find_usable_cuda_devices

__all__ = ["CUDAAccelerator", "find_usable_cuda_devices", "is_cuda_available", "num_cuda_devices"]


def num_cuda_devices() -> int:
    """How many cards torch sees."""
    return torch.cuda.device_count()


def is_cuda_available() -> bool:
    """True where torch sees a card."""
    return torch.cuda.is_available()
