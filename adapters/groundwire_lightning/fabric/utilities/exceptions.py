"""Where Fabric has its errors."""

from groundwire_lightning.errors import MisconfigurationException

__all__ = ["MisconfigurationException"]
