"""Lightning's accelerators, as far as torch sees such devices."""

import torch

from groundwire_lightning.accelerators.accelerator import (
    KINDS,
    Accelerator,
    CPUAccelerator,
    CUDAAccelerator,
    MPSAccelerator,
    XLAAccelerator,
)
from groundwire_lightning.errors import MisconfigurationException

__all__ = [
    "Accelerator",
    "AcceleratorRegistry",
    "CPUAccelerator",
    "CUDAAccelerator",
    "MPSAccelerator",
    "XLAAccelerator",
    "find_usable_cuda_devices",
]


class _Registry(dict[str, type[Accelerator]]):
    """Word to class of the kinds of device."""

    def available_accelerators(self) -> list[str]:
        """The words."""
        return sorted(self)


AcceleratorRegistry = _Registry(KINDS)


def find_usable_cuda_devices(num_devices: int = -1) -> list[int]:
    """Indices of cards on which a tensor can be made.

    Args:
        num_devices: How many are wanted; -1 means all.

    Raises:
        MisconfigurationException: There are fewer.
    """
    found = []
    for index in range(torch.cuda.device_count()):
        try:
            torch.zeros(1, device=f"cuda:{index}")
        except RuntimeError:
            continue
        found.append(index)
    if num_devices > len(found):
        raise MisconfigurationException(f"find_usable_cuda_devices({num_devices}): {len(found)} can be used")
    return found if num_devices == -1 else found[:num_devices]
