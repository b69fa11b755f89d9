"""What modules and callbacks read from their trainer, under Lightning's names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from groundwire_lightning.answers import Answers
from groundwire_lightning.combined import as_given
from groundwire_lightning.phases import PHASES
from groundwire_lightning.states import RunningStage, TrainerFn
from groundwire_lightning.to_loggers import log_dir

if TYPE_CHECKING:
    from accelerate import Accelerator

    from groundwire import RunState
    from groundwire_lightning.datamodule import LightningDataModule
    from groundwire_lightning.logged import Logged
    from groundwire_lightning.optimization import LRSchedulerConfig
    from groundwire_lightning.to_loggers import ToLoggers


class Facade(Answers):
    """Where the run is, what it logged and who takes part, as Lightning's trainer tells it.

    Attributes:
        sanity_checking: The short validation before the first batch is under way.
        should_stop: Set it to end the run after the batch under way.
        lr_scheduler_configs: The schedulers, and when each moves on.
    """

    at: RunState
    model: Any
    optimizer: Any
    callback_handler: Any
    datamodule: LightningDataModule | None
    logged: Logged
    lr_scheduler_configs: list[LRSchedulerConfig]
    sanity_checking: bool = False
    should_stop: bool = False
    _has_validated: bool = False  # the last validation within fit() had a batch, and was not the sanity check
    _accelerator: Accelerator
    _is_running: bool
    _running: str = "_run_training"
    _purpose: TrainerFn = TrainerFn.FITTING
    _train_dataloader: Any
    _eval_dataloader: Any
    _loggers: list[Any] | None = None
    to_loggers: ToLoggers | None = None

    # where the run is

    @property
    def current_epoch(self) -> int:
        """The index of the epoch, from 0."""
        return max(self.at.epoch - 1, 0)

    @property
    def global_step(self) -> int:
        """Optimizer steps made so far."""
        return self.at.update

    @property
    def training(self) -> bool:
        """True while fitting, except within a validation."""
        return self._running_stage == RunningStage.TRAINING

    @property
    def validating(self) -> bool:
        """True while validating, the sanity check excepted."""
        return self._running_stage == RunningStage.VALIDATING

    @property
    def testing(self) -> bool:
        """True while testing."""
        return self._running_stage == RunningStage.TESTING

    @property
    def predicting(self) -> bool:
        """True while predicting."""
        return self._running_stage == RunningStage.PREDICTING

    @property
    def evaluating(self) -> bool:
        """True while validating, the sanity check included, and while testing."""
        stage = self._running_stage
        return stage is not None and stage.evaluating

    # what was logged

    @property
    def callback_metrics(self) -> dict[str, Tensor]:
        """What callbacks may monitor, by name."""
        return self.logged.refresh().callback

    @property
    def logged_metrics(self) -> dict[str, Tensor]:
        """What a logger would write, by name."""
        return self.logged.refresh().logger

    @property
    def progress_bar_metrics(self) -> dict[str, float]:
        """What a progress bar shows, by name."""
        return {name: value.item() for name, value in self.logged.refresh().bar.items()}

    @property
    def logger(self) -> Any:
        """The first of the loggers, or None."""
        return next(iter(self.loggers), None)

    @logger.setter
    def logger(self, logger: Any) -> None:
        self.loggers = [logger] if logger else []

    @property
    def loggers(self) -> list[Any]:
        """Who writes what is logged; may be set between two runs and in one."""
        if self._loggers is None:
            self._loggers = []
        return self._loggers

    @loggers.setter
    def loggers(self, loggers: list[Any] | None) -> None:
        self._loggers = loggers or []
        self.logged.sink = self.to_loggers if self._loggers else None

    @property
    def log_dir(self) -> str | None:
        """Where the run writes: the directory of the first logger's run, without one ``default_root_dir``."""
        found = log_dir(self.loggers, getattr(self, "default_root_dir", str(Path.cwd())))
        return found if self.world_size == 1 else self.strategy.broadcast(found)

    # who takes part

    @property
    def lightning_module(self) -> Any:
        """The module, out of the wrappers of several processes."""
        model = self.model
        return None if model is None else self._accelerator.unwrap_model(model, keep_torch_compile=False)

    @property
    def callbacks(self) -> list[Any]:
        """The callbacks, native and Lightning's, in order."""
        callbacks: list[Any] = self.callback_handler.callbacks
        return callbacks

    @callbacks.setter
    def callbacks(self, callbacks: Iterable[Any]) -> None:
        self.callback_handler.callbacks = list(callbacks)
        self._callbacks_changed()

    _callbacks_changed: Callable[[], None]

    @property
    def train_dataloader(self) -> Any:
        """The loaders of training batches, once they were asked for."""
        return as_given(self._train_dataloader)

    @property
    def val_dataloaders(self) -> Any:
        """The loaders of validation batches, once they were asked for."""
        return self._loaders_of("val")

    @property
    def test_dataloaders(self) -> Any:
        """The loaders of test batches, once they were asked for."""
        return self._loaders_of("test")

    @property
    def predict_dataloaders(self) -> Any:
        """The loaders of batches to predict, once they were asked for."""
        return self._loaders_of("predict")

    def _loaders_of(self, prefix: str) -> Any:
        return as_given(self._eval_dataloader) if PHASES[self._purpose].prefix == prefix else None

    @property
    def num_training_batches(self) -> float:
        """Training batches of an epoch; infinite where the data does not say."""
        return _batches(self._train_dataloader)

    @property
    def num_val_batches(self) -> list[float]:
        """Validation batches of each loader."""
        return [] if self._eval_dataloader is None else [_batches(self._eval_dataloader)]

    # processes

    @property
    def world_size(self) -> int:
        """Number of processes."""
        return int(self._accelerator.num_processes)

    @property
    def num_devices(self) -> int:
        """Devices on this machine."""
        return self.world_size

    @property
    def num_nodes(self) -> int:
        """Machines."""
        return 1

    @property
    def global_rank(self) -> int:
        """Index of this process among all."""
        return int(self._accelerator.process_index)

    @property
    def local_rank(self) -> int:
        """Index of this process on its machine."""
        return int(self._accelerator.local_process_index)

    @property
    def node_rank(self) -> int:
        """Index of this machine."""
        return 0

    @property
    def is_global_zero(self) -> bool:
        """True in the first process."""
        return bool(self._accelerator.is_main_process)


def _batches(loader: Any) -> float:
    try:
        return 0 if loader is None else len(loader)
    except (TypeError, NotImplementedError):
        return math.inf
