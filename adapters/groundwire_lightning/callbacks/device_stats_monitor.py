"""A callback that writes the load of the device through the loggers, before and after each batch."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.checked import checked, flag

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


class DeviceStatsMonitor(Callback):
    """Writes the load of the CPU or the memory of the GPU, as ``DeviceStatsMonitor.<hook>/<name>``.

    Args:
        cpu_stats: True writes the load of the CPU where training runs on a GPU too; False never does.
    """

    @checked(cpu_stats=flag)
    def __init__(self, cpu_stats: bool | None = None) -> None:
        self._cpu_stats = cpu_stats

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Check that the load can be read and written.

        Raises:
            MisconfigurationException: There is no logger.
            ModuleNotFoundError: psutil, which knows the load of the CPU, is not installed.
        """
        if stage != "fit":
            return
        if not trainer.loggers:
            raise MisconfigurationException(
                "DeviceStatsMonitor writes through a logger, and this Trainer has none: leave out logger=False, or the "
                "callback"
            )
        on_cpu = trainer.strategy.root_device.type == "cpu"
        if on_cpu and self._cpu_stats is None and importlib.util.find_spec("psutil") is None:
            raise ModuleNotFoundError("DeviceStatsMonitor asks psutil for the load of the CPU: pip install psutil")

    def on_train_batch_start(self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Write where loggers are due."""
        self._write(trainer, "on_train_batch_start")

    def on_train_batch_end(self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Write where loggers are due."""
        self._write(trainer, "on_train_batch_end")

    def on_validation_batch_start(
        self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Write where loggers are due."""
        self._write(trainer, "on_validation_batch_start")

    def on_validation_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Write where loggers are due."""
        self._write(trainer, "on_validation_batch_end")

    def on_test_batch_start(
        self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Write where loggers are due."""
        self._write(trainer, "on_test_batch_start")

    def on_test_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Write where loggers are due."""
        self._write(trainer, "on_test_batch_end")

    def _write(self, trainer: Running, hook: str) -> None:
        if not trainer._logger_connector.should_update_logs:
            return
        device = trainer.strategy.root_device
        if device.type == "cpu" and self._cpu_stats is False:
            return
        stats = dict(trainer.accelerator.get_device_stats(device))
        if device.type != "cpu" and self._cpu_stats:
            stats |= cpu_stats()
        for logger in trainer.loggers:
            prefix = f"{type(self).__qualname__}.{hook}{logger.group_separator}"  # each logger groups its own way
            trainer.to_loggers.write_of_callback(logger, {prefix + name: value for name, value in stats.items()})


def cpu_stats() -> dict[str, float]:
    """The load of this machine's CPU and memory, in percent."""
    psutil: Any = importlib.import_module("psutil")  # it has no annotations

    return {
        "cpu_vm_percent": psutil.virtual_memory().percent,
        "cpu_percent": psutil.cpu_percent(),
        "cpu_swap_percent": psutil.swap_memory().percent,
    }


class GPUStatsMonitor(DeviceStatsMonitor):
    """The load of the GPU, which until Lightning 1.6 came from ``nvidia-smi``, and comes from torch under its names.

    Args:
        memory_utilization: Without effect; memory is always written.
        gpu_utilization: Without effect: torch does not know it.
        intra_step_time: Without effect; a profiler measures it.
        inter_step_time: Without effect, likewise.
        fan_speed: Without effect: torch does not know it.
        temperature: Without effect, likewise.
    """

    def __init__(
        self,
        memory_utilization: bool = True,
        gpu_utilization: bool = True,
        intra_step_time: bool = False,
        inter_step_time: bool = False,
        fan_speed: bool = False,
        temperature: bool = False,
    ) -> None:
        rank_zero_warn(
            "GPUStatsMonitor() is of Lightning 1; DeviceStatsMonitor() writes what torch knows of the device"
        )
        super().__init__()
