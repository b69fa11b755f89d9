"""Where Lightning has its errors."""

from groundwire_lightning.errors import MisconfigurationException, SIGTERMException

__all__ = ["MisconfigurationException", "SIGTERMException"]
