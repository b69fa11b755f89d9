"""Where Lightning has :class:`CUDAAccelerator`."""

from groundwire_lightning.accelerators.accelerator import CUDAAccelerator

__all__ = ["CUDAAccelerator"]
