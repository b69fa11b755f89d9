"""What people ask a Trainer under names of Lightning's that stand for its parts: strategy, loops, callbacks, state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from groundwire import RunState
from groundwire_lightning import facades
from groundwire_lightning.accelerators.accelerator import KINDS
from groundwire_lightning.accelerators.accelerator import Accelerator as Kind
from groundwire_lightning.phases import PHASES
from groundwire_lightning.precision import Precision
from groundwire_lightning.states import RunningStage, TrainerFn, TrainerState, TrainerStatus
from groundwire_lightning.strategies import SingleDeviceStrategy, Strategy


class Answers:
    """Lightning's names for the parts of a Trainer.

    Attributes:
        barebones: Nothing is logged, shown or saved.
        enable_autolog_hparams: Hyper-parameters are sent to loggers.
        substituted: A sentence for each callback of Lightning's that ours stands in for.
    """

    barebones: bool = False
    enable_autolog_hparams: bool = True
    substituted: Sequence[str] = ()

    _status: TrainerStatus = TrainerStatus.INITIALIZING
    _strategy: Strategy | None = None
    _called: bool = False

    _is_running: bool
    sanity_checking: bool
    device: torch.device
    precision_plugin: Precision

    if TYPE_CHECKING:  # what Facade, which inherits this, says
        at: RunState
        _purpose: TrainerFn

        @property
        def callbacks(self) -> list[Any]: ...  # noqa: D102
        @property
        def training(self) -> bool: ...  # noqa: D102

    # where it is

    @property
    def state(self) -> TrainerState:
        """What was called, what is under way, and how the last call ended."""
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
        """Always False: signals end the process as Python ends it."""
        return False

    # devices and processes

    @property
    def strategy(self) -> Strategy:
        """How processes work together."""
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
        """What scales the loss of 16-bit training, or None."""
        return self.precision_plugin.scaler

    @property
    def device_ids(self) -> list[int]:
        """Indices of the devices of this machine."""
        return [device.index or number for number, device in enumerate(self.strategy.parallel_devices)]

    @property
    def distributed_sampler_kwargs(self) -> dict[str, int] | None:
        """What a ``DistributedSampler`` is made with; None without a strategy for several processes."""
        made: dict[str, int] | None = getattr(self.strategy, "distributed_sampler_kwargs", None)
        return made

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
    def fit_loop(self) -> facades.FitLoop:
        """What ``fit`` does, as far as it is asked about."""
        return facades.FitLoop(self)

    @property
    def validate_loop(self) -> facades.EvaluationLoop:
        """What ``validate`` does."""
        return facades.EvaluationLoop(self)

    @property
    def test_loop(self) -> facades.EvaluationLoop:
        """What ``test`` does."""
        return facades.EvaluationLoop(self)

    @property
    def predict_loop(self) -> facades.PredictionLoop:
        """What ``predict`` does."""
        return facades.PredictionLoop(self)

    @property
    def _evaluation_loop(self) -> facades.EvaluationLoop:
        return facades.EvaluationLoop(self)

    @property
    def _active_loop(self) -> Any:
        if not self._is_running:
            return None
        if self._purpose == "predict":
            return self.predict_loop
        return self.fit_loop if self.training else self._evaluation_loop

    @property
    def _results(self) -> facades.Results | None:
        return None if self._active_loop is None or self._purpose == "predict" else facades.Results(self)

    @property
    def _logger_connector(self) -> facades.LoggerConnector:
        return facades.LoggerConnector(self)

    @property
    def _accelerator_connector(self) -> facades.AcceleratorConnector:
        return facades.AcceleratorConnector(self)

    @property
    def _data_connector(self) -> facades.DataConnector:
        return facades.DataConnector(self)

    @property
    def _callback_connector(self) -> facades.CallbackConnector:
        return facades.CallbackConnector(self)

    @property
    def _checkpoint_connector(self) -> facades.CheckpointConnector:
        return facades.CheckpointConnector(self)

    @property
    def _signal_connector(self) -> facades.SignalConnector:
        return facades.SignalConnector(self)

    # callbacks, by their kind

    @property
    def early_stopping_callback(self) -> Any:
        """The first that stops early, or None."""
        return next(iter(self.early_stopping_callbacks), None)

    @property
    def early_stopping_callbacks(self) -> list[Any]:
        """Those that stop early."""
        return self._of_kind("EarlyStopping")

    @property
    def checkpoint_callback(self) -> Any:
        """The first that saves checkpoints, or None."""
        return next(iter(self.checkpoint_callbacks), None)

    @property
    def checkpoint_callbacks(self) -> list[Any]:
        """Those that save checkpoints."""
        return self._of_kind("Checkpoint", "ModelCheckpoint")

    @property
    def progress_bar_callback(self) -> Any:
        """The progress bar, or None."""
        return next(iter(self._of_kind("ProgressBar")), None)

    def _of_kind(self, *names: str) -> list[Any]:
        """The callbacks of a class of this name, ours or Lightning's, or of a subclass of it."""
        return [callback for callback in self.callbacks if any(named(cls, names) for cls in type(callback).__mro__)]


def named(cls: type, names: tuple[str, ...]) -> bool:
    """True for the class of such a name that Lightning or we have."""
    return cls.__name__ in names and cls.__module__.partition(".")[0] in (
        "groundwire_lightning",
        "lightning",
        "pytorch_lightning",
    )


class _Undefined(torch.overrides.TorchFunctionMode):
    """Functions of ``torch.nn.init`` leave their tensor as it is."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)
