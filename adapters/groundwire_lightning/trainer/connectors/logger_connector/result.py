"""Where Lightning has it."""

from groundwire_lightning.facades import Results as _ResultCollection

__all__ = ["_ResultCollection"]
