"""Where Lightning has :class:`MPSAccelerator`."""

from groundwire_lightning.accelerators import MPSAccelerator

__all__ = ["MPSAccelerator"]
