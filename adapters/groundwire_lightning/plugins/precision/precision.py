"""The path that Lightning has the precision plugin at."""

from groundwire_lightning.precision import Precision

__all__ = ["Precision"]
