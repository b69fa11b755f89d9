"""A callback that shows the layers of a model when fitting begins."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from groundwire_lightning.core.callback import Callback
from groundwire_lightning.utilities.checked import checked, optional, whole
from groundwire_lightning.utilities.model_summary import ModelSummary as Summary
from groundwire_lightning.utilities.model_summary import summarize
from groundwire_lightning.utilities.model_summary.table import table

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

log = logging.getLogger(__name__)


class ModelSummary(Callback):
    """Shows the layers of the module, their parameters and sizes.

    Args:
        max_depth: Layers within layers to go down to; -1 for all, 0 shows nothing.
        **summarize_kwargs: Passed on to :meth:`summarize`.
    """

    @checked(max_depth=optional(whole(-1)))
    def __init__(self, max_depth: int = 1, **summarize_kwargs: Any) -> None:
        self._max_depth = max_depth
        self._summarize_kwargs = summarize_kwargs

    def on_fit_start(self, trainer: Running, pl_module: Any) -> None:
        """Make the table, and show it once."""
        if not self._max_depth:
            return
        summary = self._summary(trainer, pl_module)
        data = summary._get_summary_data()
        if trainer.is_global_zero:
            self.summarize(
                data,
                summary.total_parameters,
                summary.trainable_parameters,
                summary.model_size,
                summary.total_training_modes,
                total_flops=summary.total_flops,
                **self._summarize_kwargs,
            )

    def _summary(self, trainer: Running, pl_module: Any) -> Summary:
        return summarize(pl_module, max_depth=self._max_depth)

    @staticmethod
    def summarize(
        summary_data: list[tuple[str, list[str]]],
        total_parameters: int,
        trainable_parameters: int,
        model_size: float,
        total_training_modes: dict[str, int],
        total_flops: int,
        **summarize_kwargs: Any,
    ) -> None:
        """Write the table into the log; override it to show it elsewhere.

        Args:
            summary_data: The columns, each a name and the texts below it.
            total_parameters: The number of parameters.
            trainable_parameters: How many of them are trained.
            model_size: The size of the parameters in megabytes.
            total_training_modes: Number of modules in ``"train"`` and in ``"eval"`` mode.
            total_flops: Floating-point operations of one forward pass; 0 where none was made.
            **summarize_kwargs: Further arguments of the constructor.
        """
        sums = total_parameters, trainable_parameters, model_size, total_training_modes, total_flops
        log.info("\n%s", table(*sums, *summary_data))
