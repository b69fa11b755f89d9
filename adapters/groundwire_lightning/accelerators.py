"""Accelerators: the kinds of device that a Trainer runs on, the classes of ``trainer.accelerator``."""

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
    "get_cpu_stats",
    "is_cuda_available",
    "num_cuda_devices",
]


class Accelerator:
    """The base class of the kinds of device."""

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
        """The number of devices of this kind."""
        raise NotImplementedError

    def setup(self, trainer: Any) -> None:
        """Do nothing: a Trainer sets up its devices when it is made.

        Args:
            trainer: Without effect.
        """

    def get_device_stats(self, device: Any) -> dict[str, Any]:
        """Numbers that a device reports of itself, by name; none by default.

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
        """The load, and the shares of memory and swap that are used, in percent, by name.

        Args:
            device: Without effect.
        """
        return get_cpu_stats()


def get_cpu_stats() -> dict[str, float]:
    """The load, and the shares of memory and swap that are used, in percent, by name."""
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
        """The number of cards that torch sees."""
        return torch.cuda.device_count()

    def get_device_stats(self, device: Any) -> dict[str, Any]:
        """The counters of torch's allocator, mostly in bytes, by name.

        Args:
            device: The card.
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
        """One: a machine has one such processor."""
        return 1


class XLAAccelerator(Accelerator):
    """Tensor processors of Google; not supported here."""

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
        """Zero, since none is supported."""
        return 0


KINDS: dict[str, type[Accelerator]] = {
    cls.name(): cls for cls in (CPUAccelerator, CUDAAccelerator, MPSAccelerator, XLAAccelerator)
}
"""Word for ``Trainer(accelerator=...)`` to its class."""


class _Registry(dict[str, type[Accelerator]]):
    """The kinds of device that ``Trainer(accelerator=...)`` takes as a string: word to class."""

    def available_accelerators(self) -> list[str]:
        """The words."""
        return sorted(self)


AcceleratorRegistry = _Registry(KINDS)


def find_usable_cuda_devices(num_devices: int = -1) -> list[int]:
    """Indices of cards on which a tensor can be made; another program may use a card for itself.

    Args:
        num_devices: The number of cards that are wanted; -1 means all.

    Raises:
        MisconfigurationException: There are fewer.
    """
    usable = []
    for index in range(torch.cuda.device_count()):
        try:
            torch.zeros(1, device=f"cuda:{index}")
        except RuntimeError:
            continue
        usable.append(index)
    if num_devices > len(usable):
        raise MisconfigurationException(f"find_usable_cuda_devices({num_devices}): {len(usable)} can be used")
    return usable if num_devices == -1 else usable[:num_devices]


def num_cuda_devices() -> int:
    """The number of cards that torch sees."""
    return torch.cuda.device_count()


def is_cuda_available() -> bool:
    """True where torch sees a card."""
    return torch.cuda.is_available()


if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
