"""Schedulers of learning rates that are due, each with its metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.loops.parity import is_as_in_lightning_1
from groundwire_lightning.loops.phases import of_each_loader
from groundwire_lightning.loops.turns import active
from groundwire_lightning.utilities.types import LRSchedulerConfig

if TYPE_CHECKING:
    from groundwire_lightning.loops.steered import Steered


def due(trainer: Steered, interval: str, plateau: bool) -> Iterator[tuple[Any, Any]]:
    """The schedulers that move on now, each with the metric it is given, or None.

    A frequency counts batches of the epoch or epochs; schedulers with a metric come later than
    the others, when the metric is known. Where optimizers share the batches, only a scheduler moves on
    whose optimizer used the last one.
    """
    count = trainer.progress.ready if interval == "step" else trainer.current_epoch + 1
    shares = trainer.optimizer_frequencies
    used = active(len(shares), shares, trainer.progress.batches - 1) if shares else None
    for config in trainer.lr_scheduler_configs:
        if config.interval != interval or config.reduce_on_plateau != plateau or count % config.frequency:
            continue
        if used is not None and config.opt_idx not in used:
            continue
        if not plateau:
            yield config.scheduler, None
        elif (metric := _metrics(trainer, interval).get(str(config.monitor))) is not None:
            yield config.scheduler, metric
        else:
            _missing(trainer, config)


def _metrics(trainer: Steered, interval: str) -> dict[str, Any]:
    """The values that schedulers are given: those of the batch, or of the epoch.

    Lightning 1 gave those of the epoch so far where a validation had run behind the batch.
    """
    so_far = interval == "step" and not trainer.logged.is_behind and is_as_in_lightning_1(trainer)
    return trainer.logged.refresh(so_far=True).callback if so_far else trainer.callback_metrics


def _missing(trainer: Steered, config: LRSchedulerConfig) -> None:
    complaint = (
        f"{type(config.scheduler).__name__} monitors {config.monitor!r}, which was not logged; there are "
        f"{sorted(trainer.callback_metrics)}.{of_each_loader(str(config.monitor), trainer.callback_metrics)}"
    )
    if config.strict:
        raise MisconfigurationException(f"{complaint} Log it, change monitor, or set strict to False")
    rank_zero_warn(f"{complaint} The learning rate stays as it is", category=RuntimeWarning)
