"""The progress bar of ``fit``: batches, and what was logged with ``prog_bar=True``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundwire.callbacks import ProgressBarCallback


class ProgressBar(ProgressBarCallback):
    """The native bar with the logged values beside it; they are read when the bar is drawn anew."""

    def shown(self, trainer: Any) -> Mapping[str, Any]:
        """The values logged for the bar, by name."""
        return {name: f"{value:.4g}" for name, value in trainer.progress_bar_metrics.items()}
