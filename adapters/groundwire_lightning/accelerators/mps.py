"""Where Lightning has :class:`MPSAccelerator`."""

from groundwire_lightning.accelerators.accelerator import MPSAccelerator

__all__ = ["MPSAccelerator"]
