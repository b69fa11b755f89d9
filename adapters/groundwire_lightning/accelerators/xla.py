"""Where Lightning has :class:`XLAAccelerator`."""

from groundwire_lightning.accelerators import XLAAccelerator

__all__ = ["XLAAccelerator"]
