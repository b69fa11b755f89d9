"""The devices a Trainer may run on, as ``trainer.accelerator`` tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.lazily import modules_of

__path__: list[str] = []  # what Lightning has below this path are rows of paths.py

__all__ = [
    "Accelerator",
    "AcceleratorRegistry",
    "CPUAccelerator",
    "CUDAAccelerator",
    "MPSAccelerator",
    "XLAAccelerator",
    "find_usable_cuda_devices",
    "is_cuda_available",
    "num_cuda_devices",
]


class Accelerator:
    """A kind of device; says which there are, and what they report."""

    @staticmethod
    def name() -> str:
        """The word for ``Trainer(accelerator=...)``."""
        raise NotImplementedError

    @staticmethod
    def is_available() -> bool:
        """True where torch sees such a device."""
        raise NotImplementedError

    @staticmethod
    def auto_device_count() -> int:
        """How many there are."""
        raise NotImplementedError

    def setup(self, trainer: Any) -> None:
        """Nothing is left to do: a Trainer that was made has set up its devices.

        Args:
            trainer: Without effect.
        """

    def get_device_stats(self, device: Any) -> dict[str, Any]:
        """What a device reports of itself.

        Args:
            device: The device.
        """
        return {}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class CPUAccelerator(Accelerator):
    """The processor."""

    @staticmethod
    def name() -> str:
        """``"cpu"``."""
        return "cpu"

    @staticmethod
    def is_available() -> bool:
        """True."""
        return True

    @staticmethod
    def auto_device_count() -> int:
        """One: it is one device, however many cores it has."""
        return 1

    def get_device_stats(self, device: Any) -> dict[str, Any]:
        """Load, and the shares of memory and swap that are used, in percent.

        Args:
            device: Without effect.
        """
        import psutil  # type: ignore[import-untyped]  # it says nothing about its types

        return {
            "cpu_percent": psutil.cpu_percent(),
            "cpu_vm_percent": psutil.virtual_memory().percent,
            "cpu_swap_percent": psutil.swap_memory().percent,
        }


class CUDAAccelerator(Accelerator):
    """Graphics cards that torch reaches through CUDA."""

    @staticmethod
    def name() -> str:
        """``"cuda"``."""
        return "cuda"

    @staticmethod
    def is_available() -> bool:
        """True where torch sees one."""
        return torch.cuda.is_available()

    @staticmethod
    def auto_device_count() -> int:
        """How many torch sees."""
        return torch.cuda.device_count()

    def get_device_stats(self, device: Any) -> dict[str, Any]:
        """What torch's allocator counts.

        Args:
            device: Which card.
        """
        return torch.cuda.memory_stats(device)


class MPSAccelerator(Accelerator):
    """The graphics processor of an Apple chip."""

    @staticmethod
    def name() -> str:
        """``"mps"``."""
        return "mps"

    @staticmethod
    def is_available() -> bool:
        """True where torch sees one."""
        return torch.backends.mps.is_available()

    @staticmethod
    def auto_device_count() -> int:
        """One."""
        return 1


class XLAAccelerator(Accelerator):
    """Tensor processors; not supported here."""

    @staticmethod
    def name() -> str:
        """``"tpu"``."""
        return "tpu"

    @staticmethod
    def is_available() -> bool:
        """False: nothing here runs on one."""
        return False

    @staticmethod
    def auto_device_count() -> int:
        """None of them."""
        return 0


KINDS: dict[str, type[Accelerator]] = {
    cls.name(): cls for cls in (CPUAccelerator, CUDAAccelerator, MPSAccelerator, XLAAccelerator)
}
"""The word for ``Trainer(accelerator=...)`` to its class."""


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


def num_cuda_devices() -> int:
    """The number of cards that torch sees."""
    return torch.cuda.device_count()


def is_cuda_available() -> bool:
    """True where torch sees a card."""
    return torch.cuda.is_available()


if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
