"""Where Lightning has what says how a step computes."""

from groundwire_lightning.strategies.precision import Precision

__all__ = ["Precision"]
