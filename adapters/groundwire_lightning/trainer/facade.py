"""Facade: what people ask a Trainer under names of Lightning's: state, strategy, loops, callbacks, what was logged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from groundwire import RunState
from groundwire.devices import unwrapped
from groundwire.run.run import of_run
from groundwire_lightning.accelerators import KINDS
from groundwire_lightning.accelerators import Accelerator as Kind
from groundwire_lightning.callbacks.of_a_trainer import is_checkpoint, is_early_stopping
from groundwire_lightning.core.states import RunningStage, TrainerFn, TrainerState, TrainerStatus
from groundwire_lightning.guests import is_a
from groundwire_lightning.loggers.default import log_dir
from groundwire_lightning.loops.phases import PHASES
from groundwire_lightning.strategies import SingleDeviceStrategy, Strategy
from groundwire_lightning.strategies.precision import Precision
from groundwire_lightning.trainer import connector_stand_ins, stand_ins
from groundwire_lightning.trainer.answering import Answering
from groundwire_lightning.trainer.lightning_1.kept import Kept
from groundwire_lightning.utilities.combined_loader import loader_as_given

if TYPE_CHECKING:
    from accelerate import Accelerator

    from groundwire import RunState
    from groundwire_lightning.core.datamodule import LightningDataModule
    from groundwire_lightning.logged.store import Logged
    from groundwire_lightning.logged.to_loggers import ToLoggers
    from groundwire_lightning.loops.preemption import Preemption
    from groundwire_lightning.utilities.types import LRSchedulerConfig


class Facade:
    """The position of a run, its logged values, its parts and its devices, under Lightning's names.

    Attributes:
        sanity_checking: The short validation before the first batch is under way.
        should_stop: Set it to end the run after the batch under way.
        lr_scheduler_configs: The schedulers, and when each moves on.
        barebones: Nothing is logged, shown or saved.
        enable_autolog_hparams: Hyper-parameters are sent to loggers.
        substituted: A sentence for each callback of Lightning's that ours stands in for.
    """

    barebones: bool = False
    enable_autolog_hparams: bool = True
    substituted: Sequence[str] = ()
    _kept: Kept = Kept()

    at: RunState
    model: Any
    optimizer: Any
    callback_handler: Any
    datamodule: LightningDataModule | None
    logged: Logged
    lr_scheduler_configs: list[LRSchedulerConfig] = of_run("lr_scheduler_configs")
    sanity_checking: bool = of_run("sanity_checking")
    should_stop: bool = False
    _has_validated: bool = False  # the last validation within fit() had a batch, and was not the sanity check
    _accelerator: Accelerator
    _to_start: int = 1
    _is_running: bool
    _running: str = of_run("hook")
    _purpose: TrainerFn = of_run("purpose")
    _train_dataloader: Any
    _eval_dataloader: Any
    _loggers: list[Any] | None = None
    to_loggers: ToLoggers | None = None
    device: torch.device
    precision_plugin: Precision
    _status: TrainerStatus = TrainerStatus.INITIALIZING
    _strategy: Strategy | None = None
    _called: bool = False
    _preemption: Preemption | None = None

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
        """Values that callbacks may monitor, by name."""
        return self.logged.refresh().callback

    @property
    def logged_metrics(self) -> dict[str, Tensor]:
        """Values that a logger would write, by name."""
        return self.logged.refresh().logger

    @property
    def progress_bar_metrics(self) -> dict[str, float]:
        """Values that a progress bar shows, by name."""
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
        """The loggers that write what is logged; may be set between two runs and in one."""
        if self._loggers is None:
            self._loggers = []
        return self._loggers

    @loggers.setter
    def loggers(self, loggers: list[Any] | None) -> None:
        self._loggers = loggers or []
        self.logged.sink = self.to_loggers if self._loggers else None

    @property
    def log_dir(self) -> str | None:
        """The folder to which the run writes: that of the first logger's run, without one ``default_root_dir``."""
        folder = log_dir(self.loggers, getattr(self, "default_root_dir", str(Path.cwd())))
        return folder if self._accelerator.num_processes == 1 else self.strategy.broadcast(folder)

    # who takes part

    @property
    def lightning_module(self) -> Any:
        """The module, out of the wrappers of several processes."""
        model = self.model
        return None if model is None else unwrapped(self._accelerator, model, keep_torch_compile=False)

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
        return loader_as_given(self._train_dataloader)

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
        return loader_as_given(self._eval_dataloader) if PHASES[self._purpose].prefix == prefix else None

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
        """Number of processes, those included that the next call of an entry point starts."""
        return max(self._to_start, int(self._accelerator.num_processes))

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

    # how the run is called

    @property
    def state(self) -> TrainerState:
        """The entry point that was called, what is under way, and how the last call ended."""
        return TrainerState(self._status, TrainerFn(self._purpose) if self._called else None, self._running_stage)

    @property
    def _running_stage(self) -> RunningStage | None:
        if not self._is_running:
            return None
        if self.sanity_checking:
            return RunningStage.SANITY_CHECKING
        if self._purpose == TrainerFn.FITTING and self.at.phase != "eval":
            return RunningStage.TRAINING
        return PHASES[self._purpose].stage

    @property
    def interrupted(self) -> bool:
        """True where the last call was broken off."""
        return self._status == TrainerStatus.INTERRUPTED

    @property
    def received_sigterm(self) -> bool:
        """True once a SIGTERM came in this run, or in the last one; a run in native order is not told of signals."""
        return self._preemption is not None and self._preemption.received_sigterm

    # devices and processes

    @property
    def strategy(self) -> Strategy:
        """The way in which processes work together."""
        if self._strategy is None:
            self._strategy = SingleDeviceStrategy(self.device)
            self._strategy._trainer = self
        return self._strategy

    @property
    def accelerator(self) -> Kind:
        """The kind of device."""
        return KINDS[self.device.type]()

    @property
    def scaler(self) -> Any:
        """The scaler of the loss of 16-bit training, or None."""
        return self.precision_plugin.scaler

    @property
    def device_ids(self) -> list[int]:
        """Indices of the devices of this machine."""
        return [device.index or number for number, device in enumerate(self.strategy.parallel_devices)]

    @property
    def distributed_sampler_kwargs(self) -> dict[str, int] | None:
        """Arguments for a ``DistributedSampler``; None without a strategy for several processes."""
        arguments: dict[str, int] | None = getattr(self.strategy, "distributed_sampler_kwargs", None)
        return arguments

    @contextmanager
    def init_module(self, empty_init: bool | None = None) -> Iterator[None]:
        """Parameters that are made inside are made on the device.

        Args:
            empty_init: True leaves their values undefined, for weights that are loaded afterwards.
        """
        with self.device, self.precision_plugin.module_init_context(), _Undefined() if empty_init else torch.no_grad():
            yield

    # loops and connectors

    @property
    def fit_loop(self: Answering) -> stand_ins.FitLoop:
        """The loop of ``fit``, as far as it is asked about."""
        return stand_ins.FitLoop(self)

    @property
    def validate_loop(self: Answering) -> stand_ins.EvaluationLoop:
        """The loop of ``validate``."""
        return stand_ins.EvaluationLoop(self)

    @property
    def test_loop(self: Answering) -> stand_ins.EvaluationLoop:
        """The loop of ``test``."""
        return stand_ins.EvaluationLoop(self)

    @property
    def predict_loop(self: Answering) -> stand_ins.PredictionLoop:
        """The loop of ``predict``."""
        return stand_ins.PredictionLoop(self)

    @property
    def _evaluation_loop(self: Answering) -> stand_ins.EvaluationLoop:
        return stand_ins.EvaluationLoop(self)

    @property
    def _active_loop(self: Answering) -> Any:
        if not self._is_running:
            return None
        if self._purpose == "predict":
            return self.predict_loop
        return self.fit_loop if self.training else self._evaluation_loop

    @property
    def _results(self: Answering) -> stand_ins.Results | None:
        return None if self._active_loop is None or self._purpose == "predict" else stand_ins.Results(self)

    @property
    def _logger_connector(self: Answering) -> connector_stand_ins.LoggerConnector:
        return connector_stand_ins.LoggerConnector(self)

    @property
    def _accelerator_connector(self: Answering) -> connector_stand_ins.AcceleratorConnector:
        return connector_stand_ins.AcceleratorConnector(self)

    @property
    def _data_connector(self: Answering) -> connector_stand_ins.DataConnector:
        return connector_stand_ins.DataConnector(self)

    @property
    def _callback_connector(self: Answering) -> connector_stand_ins.CallbackConnector:
        return connector_stand_ins.CallbackConnector(self)

    @property
    def _checkpoint_connector(self: Answering) -> connector_stand_ins.CheckpointConnector:
        return connector_stand_ins.CheckpointConnector(self)

    @property
    def _signal_connector(self: Answering) -> connector_stand_ins.SignalConnector:
        return connector_stand_ins.SignalConnector(self)

    # callbacks, by their kind

    @property
    def early_stopping_callback(self) -> Any:
        """The first callback that ends a run early, or None."""
        return next(iter(self.early_stopping_callbacks), None)

    @property
    def early_stopping_callbacks(self) -> list[Any]:
        """The callbacks that end a run early."""
        return [callback for callback in self.callbacks if is_early_stopping(callback)]

    @property
    def checkpoint_callback(self) -> Any:
        """The first callback that writes checkpoints, or None."""
        return next(iter(self.checkpoint_callbacks), None)

    @property
    def checkpoint_callbacks(self) -> list[Any]:
        """The callbacks that write checkpoints."""
        return [callback for callback in self.callbacks if is_checkpoint(callback)]

    @property
    def progress_bar_callback(self) -> Any:
        """The progress bar, or None."""
        return next((callback for callback in self.callbacks if is_a(callback, "ProgressBar")), None)


def _batches(loader: Any) -> float:
    try:
        return 0 if loader is None else len(loader)
    except (TypeError, NotImplementedError):
        return math.inf


class _Undefined(torch.overrides.TorchFunctionMode):
    """Functions of ``torch.nn.init`` leave their tensor as it is."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)
