"""Where Lightning has :class:`CUDAAccelerator`."""

from groundwire_lightning.accelerators import CUDAAccelerator

__all__ = ["CUDAAccelerator"]
