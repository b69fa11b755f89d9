"""Where Lightning has :class:`XLAAccelerator`."""

from groundwire_lightning.accelerators.accelerator import XLAAccelerator

__all__ = ["XLAAccelerator"]
