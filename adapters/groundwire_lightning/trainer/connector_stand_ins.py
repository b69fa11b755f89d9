"""Stand-ins for the connectors of Lightning's trainer, which its own modules and callbacks read, and packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from groundwire_lightning.accelerators import KINDS, Accelerator
from groundwire_lightning.callbacks.of_a_trainer import checkpoints_last
from groundwire_lightning.checkpoints import files
from groundwire_lightning.guests import lend_logging, real_classes
from groundwire_lightning.loops import saved
from groundwire_lightning.strategies import DDPStrategy
from groundwire_lightning.strategies import devices as devices_of
from groundwire_lightning.strategies.precision import precision_for
from groundwire_lightning.trainer import which_checkpoint
from groundwire_lightning.trainer.arguments import ARGUMENTS, check_arguments
from groundwire_lightning.trainer.stand_ins import Look


class LoggerConnector(Look):
    """``trainer._logger_connector``."""

    said = "trainer._logger_connector"

    @property
    def _current_fx(self) -> str | None:
        hook: str | None = self.trainer.logged.hook
        return hook

    @_current_fx.setter
    def _current_fx(self, hook: str | None) -> None:
        """Lightning's own ``log`` notes it here; which hook is running is known without."""

    @property
    def callback_metrics(self) -> dict[str, Any]:
        """``trainer.callback_metrics``."""
        metrics: dict[str, Any] = self.trainer.callback_metrics
        return metrics

    @property
    def logged_metrics(self) -> dict[str, Any]:
        """``trainer.logged_metrics``."""
        metrics: dict[str, Any] = self.trainer.logged_metrics
        return metrics

    @property
    def progress_bar_metrics(self) -> dict[str, float]:
        """``trainer.progress_bar_metrics``."""
        metrics: dict[str, float] = self.trainer.progress_bar_metrics
        return metrics

    def should_reset_tensors(self, fx: str) -> bool:
        """False: values of the last epoch are let go of where they are kept."""
        return False

    @property
    def should_update_logs(self) -> bool:
        """True at the batches at which loggers are written to."""
        return bool(self.trainer.to_loggers.is_due)

    def log_metrics(self, metrics: dict[str, Any], step: int | None = None) -> None:
        """Write values to every logger.

        Args:
            metrics: Name to number.
            step: By default ``metrics["step"]``, else the batches that completed an update.
        """
        self.trainer.logged.logger.update(metrics)
        self.trainer.to_loggers.write(metrics, step)


class AcceleratorConnector(Look):
    """``trainer._accelerator_connector``."""

    said = "trainer._accelerator_connector"

    @property
    def is_distributed(self) -> bool:
        """True with a strategy for several processes, be it one that runs it."""
        return self.trainer.distributed_sampler_kwargs is not None

    @property
    def strategy(self) -> Any:
        """``trainer.strategy``."""
        return self.trainer.strategy

    @property
    def accelerator(self) -> Any:
        """``trainer.accelerator``."""
        return self.trainer.accelerator

    @property
    def use_distributed_sampler(self) -> bool:
        """The argument of that name."""
        return bool(self.trainer._asked["use_distributed_sampler"])

    @property
    def _accelerator_flag(self) -> Any:
        return self.trainer.accelerator.name()

    @property
    def _devices_flag(self) -> Any:
        return _devices_of(self.trainer._asked, self.trainer.accelerator.name())

    @property
    def _strategy_flag(self) -> Any:
        return self.trainer._asked["strategy"]

    @property
    def _precision_flag(self) -> Any:
        return self.trainer.precision

    @property
    def _parallel_devices(self) -> list[Any]:
        return list(self.trainer.strategy.parallel_devices)


class ChosenAccelerator:
    """What a Trainer would make of its arguments: packages ask ``_AcceleratorConnector(accelerator=...)`` before one.

    Args:
        **arguments: Those of the Trainer that are about devices, processes and numbers.

    Attributes:
        accelerator: The kind of device.
        strategy: The strategy.
        is_distributed: It is one for several processes.
        use_distributed_sampler: The argument of that name.
    """

    def __init__(self, **arguments: Any) -> None:
        asked = check_arguments({row.name: row.default for row in ARGUMENTS} | arguments)
        self._accelerator_flag = kind = devices_of.device_kind(asked)
        self.accelerator: Accelerator = KINDS[kind]()
        self._devices_flag = _devices_of(asked, kind)
        number = self._devices_flag if isinstance(self._devices_flag, int) else len(self._devices_flag)
        chosen = "ddp" if asked["strategy"] == "auto" and number * asked["num_nodes"] > 1 else asked["strategy"]
        self.strategy = devices_of.strategy_for({**asked, "strategy": chosen}, kind)
        self.is_distributed = isinstance(self.strategy, DDPStrategy)
        self.use_distributed_sampler: bool = asked["use_distributed_sampler"]
        indices = range(number) if isinstance(self._devices_flag, int) else self._devices_flag
        self._parallel_devices = [
            torch.device(kind, index) if kind == "cuda" else torch.device(kind) for index in indices
        ]
        self._precision_flag = precision_for(asked["precision"], kind).precision


def _devices_of(asked: Mapping[str, Any], kind: str) -> int | list[int]:
    """``devices=`` as Lightning understands it: a number of processes on the CPU, else the indices of the devices."""
    number = devices_of.device_count(asked, kind) or KINDS[kind].auto_device_count()
    if kind == "cpu":
        return number
    listed = None if asked["devices"] == "auto" else devices_of.listed_devices(asked["devices"])
    return listed if isinstance(listed, list) else list(range(number))


class DataConnector(Look):
    """``trainer._data_connector``."""

    said = "trainer._data_connector"

    @property
    def _datahook_selector(self) -> DataConnector:
        return self

    def get_instance(self, hook_name: str) -> Any:
        """Whose batch-transfer hook runs: the data module's where it overrides it, else the module's."""
        module, data = self.trainer.lightning_module, self.trainer.datamodule
        base = getattr(next(iter(real_classes("LightningDataModule")), None), hook_name, None)
        writes = data is not None and getattr(type(data), hook_name, None) is not base
        return data if writes else module


class CallbackConnector(Look):
    """``trainer._callback_connector``."""

    said = "trainer._callback_connector"

    @staticmethod
    def _reorder_callbacks(callbacks: list[Any]) -> list[Any]:
        return checkpoints_last(callbacks)

    def _attach_model_logging_functions(self) -> None:
        lend_logging(self.trainer.callbacks, self.trainer.lightning_module)


class SignalConnector(Look):
    """``trainer._signal_connector``."""

    said = "trainer._signal_connector"

    @property
    def received_sigterm(self) -> bool:
        """``trainer.received_sigterm``."""
        return bool(self.trainer.received_sigterm)


class CheckpointConnector(Look):
    """``trainer._checkpoint_connector``."""

    said = "trainer._checkpoint_connector"

    @property
    def _loaded_checkpoint(self) -> dict[str, Any]:
        loaded: dict[str, Any] = self.trainer._restoring.loaded
        return loaded

    @property
    def _hpc_resume_path(self) -> str | None:
        return which_checkpoint.newest_hpc(self.trainer.default_root_dir)

    def dump_checkpoint(self, weights_only: bool | None = None) -> dict[str, Any]:
        """The checkpoint that ``save_checkpoint`` would write at this moment.

        Args:
            weights_only: True leaves callbacks, optimizers and schedulers out.
        """
        if not self.trainer._is_running:
            self.trainer._wire_idle()
        return saved.dumped(self.trainer, bool(weights_only))

    def restore(self, checkpoint_path: Any = None, weights_only: bool | None = None) -> None:
        """Give module, data module, callbacks, optimizers and counters what a checkpoint holds.

        Args:
            checkpoint_path: The file; without one nothing is done.
            weights_only: As for ``fit``.
        """
        trainer = self.trainer
        if not checkpoint_path:
            return
        if not trainer._is_running:
            trainer._wire_idle()
        trainer._restoring.restore(checkpoint_path, weights_only)

    @staticmethod
    def hpc_save_path(folderpath: Any) -> str:
        """The path of the next checkpoint of a job of a cluster.

        Args:
            folderpath: The folder of these files.
        """
        return files.next_numbered(str(folderpath), "hpc_ckpt_", ".ckpt")
