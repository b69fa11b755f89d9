"""Where Fabric has it."""

from groundwire_lightning.utilities.apply_func import move_data_to_device

__all__ = ["move_data_to_device"]
