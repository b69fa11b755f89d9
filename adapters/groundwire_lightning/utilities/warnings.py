"""Where Lightning has its warnings."""

from groundwire_lightning.errors import PossibleUserWarning

__all__ = ["PossibleUserWarning"]
