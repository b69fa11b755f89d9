"""The base class of metrics: the arguments that all of them took, and the sentence that names each today."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torchmetrics

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import NotSupportedYetError

_TOLD: set[str] = set()
"""What was said; code of that time makes a metric an epoch."""


class OldMetric(torchmetrics.Metric):
    """A metric as Lightning 1 called it.

    Args:
        compute_on_step: False returns nothing from a call, which then only counts.
        dist_sync_on_step: Merge processes at every call.
        process_group: The processes that are merged; by default all.
        dist_sync_fn: Gathers a state from processes.
        **kwargs: Arguments of the metric of torchmetrics that it stems from.
    """

    full_state_update = False
    now = ""
    """What it is called in torchmetrics."""

    def __init__(
        self,
        compute_on_step: bool = True,
        dist_sync_on_step: bool = False,
        process_group: Any = None,
        dist_sync_fn: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            dist_sync_on_step=dist_sync_on_step, process_group=process_group, dist_sync_fn=dist_sync_fn, **kwargs
        )
        self.compute_on_step = compute_on_step
        self._is_told = False
        self._counts_on = False

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Count a batch, and return its value where ``compute_on_step`` asks for it."""
        self._tell_of_counting_on()  # a call resets, and restores what it reset
        if self.compute_on_step:
            return super().forward(*args, **kwargs)
        self.update(*args, **kwargs)
        return None

    def _wrap_update(self, update: Callable[..., None]) -> Callable[..., None]:
        wrapped = super()._wrap_update(update)

        @functools.wraps(update)
        def counted(*args: Any, **kwargs: Any) -> None:
            self._tell_of_counting_on()
            wrapped(*args, **kwargs)

        return counted

    def _tell_of_counting_on(self) -> None:
        """Say once that a value was computed and is not where counting begins anew."""
        if self._computed is not None and not self._counts_on:
            self._counts_on = True
            rank_zero_warn(
                f"pl.metrics.{type(self).__name__} counts on after compute(), as in Lightning 1.2 to 1.4; 1.0 and 1.1 "
                "began anew there. Call reset() after compute() for that, or log the metric itself, which resets it"
            )

    def tell(self, arguments: str) -> None:
        """Say once what the metric took its inputs for.

        Args:
            arguments: The arguments that say so today.
        """
        if not self._is_told:
            self._is_told = True
            name = type(self).__name__
            text = f"pl.metrics.{name} is of Lightning 1; today it is torchmetrics.{self.now or name}({arguments})"
            if text not in _TOLD:
                _TOLD.add(text)
                rank_zero_warn(text)


def refuse(name: str, **asked: Any) -> None:
    """Refuse arguments that change what is counted and are not done here.

    Args:
        name: The metric.
        **asked: Argument to value; None and False ask for nothing.

    Raises:
        NotSupportedYetError: One asks for something.
    """
    for argument, value in asked.items():
        if value is not None and value is not False:
            raise NotSupportedYetError(
                f"pl.metrics.{name}({argument}={value!r}) is not counted as Lightning 1.2 did. Instead: the metric of "
                "that name in torchmetrics, with task="
            )
