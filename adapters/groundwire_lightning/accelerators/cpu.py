"""Where Lightning has :class:`CPUAccelerator`."""

from groundwire_lightning.accelerators.accelerator import CPUAccelerator

__all__ = ["CPUAccelerator"]
