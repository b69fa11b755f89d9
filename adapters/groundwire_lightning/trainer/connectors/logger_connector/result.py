"""Where Lightning has it."""

from groundwire_lightning.trainer.stand_ins import Results as _ResultCollection

__all__ = ["_ResultCollection"]
