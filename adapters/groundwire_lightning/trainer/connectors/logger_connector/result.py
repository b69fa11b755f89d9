"""Where Lightning has it."""

from groundwire_lightning.trainer.connectors import Results as _ResultCollection

__all__ = ["_ResultCollection"]
