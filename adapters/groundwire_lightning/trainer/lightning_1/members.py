"""The callbacks that arguments of Lightning 1 stood for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire_lightning.callbacks.device_stats_monitor import DeviceStatsMonitor
from groundwire_lightning.callbacks.early_stopping import EarlyStopping
from groundwire_lightning.callbacks.gradient_accumulation_scheduler import GradientAccumulationScheduler
from groundwire_lightning.callbacks.model_summary import ModelSummary
from groundwire_lightning.callbacks.progress.tqdm_progress import TQDMProgressBar
from groundwire_lightning.callbacks.stochastic_weight_avg import StochasticWeightAveraging
from groundwire_lightning.trainer.lightning_1.finite import FiniteOnly

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


def early_stopping() -> EarlyStopping:
    """The one of ``early_stop_callback=True``, with the values of its documentation."""
    return EarlyStopping(monitor="val_loss", patience=3, strict=True, verbose=True, mode="min")


def progress_bar(refresh_rate: int, process_position: int) -> TQDMProgressBar:
    """The one of ``progress_bar_refresh_rate=`` and ``process_position=``."""
    return TQDMProgressBar(refresh_rate=refresh_rate, process_position=process_position)


def summary(max_depth: int) -> ModelSummary:
    """The one of ``weights_summary=``."""
    return ModelSummary(max_depth=max_depth)


def accumulation(scheduling: dict[int, int]) -> GradientAccumulationScheduler:
    """The one of ``accumulate_grad_batches={epoch: batches}``; before the first epoch it names, a batch an update."""
    return GradientAccumulationScheduler(scheduling)


def device_stats() -> DeviceStatsMonitor:
    """The one of ``log_gpu_memory=``, which was about cards alone."""
    return DeviceStatsMonitor(cpu_stats=False)


def finite_only() -> FiniteOnly:
    """The one of ``terminate_on_nan=True``."""
    return FiniteOnly()


def averaging() -> StochasticWeightAveraging:
    """The one of ``stochastic_weight_avg=True``, which averages at the rate that the optimizer has by then."""
    return AtTheRateOfThen()


class AtTheRateOfThen(StochasticWeightAveraging):
    """Averages at the learning rates that the optimizer has when averaging begins, as Lightning 1 did by default."""

    def __init__(self) -> None:
        super().__init__(swa_lrs=1.0)  # not used: it is replaced before anybody reads it

    def _begin(self, trainer: Running, pl_module: Any) -> None:
        self._swa_lrs = [group["lr"] for group in trainer.optimizers[0].param_groups]
        super()._begin(trainer, pl_module)
