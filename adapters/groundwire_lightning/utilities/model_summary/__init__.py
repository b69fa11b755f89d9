"""The summary of a model: its layers, their parameters, and the shapes of their inputs and outputs."""

from groundwire_lightning.utilities.model_summary.model_summary import (
    LayerSummary,
    ModelSummary,
    parse_batch_shape,
    summarize,
)
from groundwire_lightning.utilities.model_summary.table import get_formatted_model_size, get_human_readable_count

__all__ = [
    "LayerSummary",
    "ModelSummary",
    "get_formatted_model_size",
    "get_human_readable_count",
    "parse_batch_shape",
    "summarize",
]
