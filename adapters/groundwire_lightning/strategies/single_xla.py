"""Where Lightning has it."""

from groundwire_lightning.strategies import SingleDeviceXLAStrategy

__all__ = ["SingleDeviceXLAStrategy"]
