"""Where Lightning has the optimizer that a module is handed."""

from groundwire_lightning.optimizer import LightningOptimizer

__all__ = ["LightningOptimizer"]
