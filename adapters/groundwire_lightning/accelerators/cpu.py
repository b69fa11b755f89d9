"""Where Lightning has :class:`CPUAccelerator`."""

from groundwire_lightning.accelerators import CPUAccelerator

__all__ = ["CPUAccelerator"]
