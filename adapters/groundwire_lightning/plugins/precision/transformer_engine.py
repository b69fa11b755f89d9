"""Where Lightning has it."""

from groundwire_lightning.plugins.precision import TransformerEnginePrecision

__all__ = ["TransformerEnginePrecision"]
