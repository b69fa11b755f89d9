"""Protocols of a Trainer: the attributes that modules, callbacks and loggers may read of it, and the few they may set.

Nothing below the Trainer imports it. Each Protocol here lists what one kind of code asks of a Trainer, and
:class:`Running` is all of them together; mypy and a test hold them against the class.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from groundwire_lightning.core.states import TrainerFn, TrainerState

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator
    from torch import Tensor

    from groundwire import RunState
    from groundwire_lightning.utilities.types import LRSchedulerConfig


class AmongProcesses(Protocol):
    """The place of a process among all processes, and its device."""

    @property
    def _accelerator(self) -> Accelerator: ...
    @property
    def device(self) -> torch.device: ...
    @property
    def world_size(self) -> int: ...
    @property
    def num_devices(self) -> int: ...
    @property
    def num_nodes(self) -> int: ...
    @property
    def global_rank(self) -> int: ...
    @property
    def local_rank(self) -> int: ...
    @property
    def node_rank(self) -> int: ...
    @property
    def is_global_zero(self) -> bool: ...


class Updating(Protocol):
    """Makes the updates that an optimizer of a module asks for."""

    @property
    def lightning_module(self) -> Any: ...
    def stepped(self, optimizer: Any, closure: Callable[[], Any], options: dict[str, Any]) -> Any:
        """Make an update with one of the optimizers."""

    def without_sync(self) -> AbstractContextManager[Any]:
        """Keep gradients to this process."""


class Saving(Protocol):
    """Writes a checkpoint."""

    _saves_weights_only: bool


class Bounds(Protocol):
    """The bounds of a run, and the intervals at which it validates."""

    max_epochs: int | None
    min_epochs: int | None
    max_steps: int
    min_steps: int | None

    @property
    def check_val_every_n_epoch(self) -> int | None: ...
    @property
    def val_check_interval(self) -> int | float: ...
    @property
    def _val_check_time_interval(self) -> float | None: ...


class Asked(Bounds, Protocol):
    """The arguments of the Trainer that code below it goes by."""

    accumulate_grad_batches: int
    inference_mode: bool

    @property
    def num_sanity_val_steps(self) -> int | float: ...
    @property
    def reload_dataloaders_every_n_epochs(self) -> int: ...
    @property
    def log_every_n_steps(self) -> int: ...
    @property
    def fast_dev_run(self) -> int | bool: ...
    @property
    def default_root_dir(self) -> str: ...
    @property
    def enable_autolog_hparams(self) -> bool: ...
    @property
    def gradient_clip_val(self) -> float | None: ...
    @property
    def gradient_clip_algorithm(self) -> str | None: ...
    def _accumulate(self, batches: Any) -> None: ...


class Counters(Protocol):
    """The counters of fitting that loggers use as their x-axis."""

    @property
    def stepped(self) -> int: ...
    @property
    def val_batch(self) -> Any: ...


class Placed(Protocol):
    """The place that a run has reached, and the number of batches it has."""

    should_stop: bool

    @property
    def at(self) -> RunState: ...
    @property
    def progress(self) -> Counters: ...
    @property
    def state(self) -> TrainerState: ...
    @property
    def _purpose(self) -> TrainerFn: ...
    @property
    def _is_running(self) -> bool: ...
    @property
    def _is_fitting(self) -> bool: ...
    @property
    def _has_validated(self) -> bool: ...
    @property
    def training(self) -> bool: ...
    @property
    def sanity_checking(self) -> bool: ...
    @property
    def current_epoch(self) -> int: ...
    @property
    def global_step(self) -> int: ...
    @property
    def is_last_batch(self) -> bool: ...
    @property
    def enable_validation(self) -> bool: ...
    @property
    def num_training_batches(self) -> float: ...
    @property
    def num_val_batches(self) -> list[float]: ...
    @property
    def num_sanity_val_batches(self) -> list[float]: ...
    @property
    def num_test_batches(self) -> list[float]: ...
    @property
    def num_predict_batches(self) -> list[float]: ...
    @property
    def _eval_dataloader(self) -> Any: ...


class Equipped(Protocol):
    """The participants of a run: model, data, optimizers, loggers, and the objects they work with."""

    optimizers: list[Any]
    lr_scheduler_configs: list[LRSchedulerConfig]

    @property
    def model(self) -> Any: ...
    @property
    def datamodule(self) -> Any: ...
    @property
    def lightning_optimizers(self) -> list[Any]: ...
    @property
    def callbacks(self) -> list[Any]: ...
    @property
    def loggers(self) -> list[Any]: ...
    @property
    def logger(self) -> Any: ...
    @property
    def logged(self) -> Any: ...
    @property
    def to_loggers(self) -> Any: ...
    @property
    def _logger_connector(self) -> Any: ...
    @property
    def strategy(self) -> Any: ...
    @property
    def accelerator(self) -> Any: ...
    @property
    def precision(self) -> str: ...
    @property
    def precision_plugin(self) -> Any: ...
    @property
    def progress_bar_callback(self) -> Any: ...
    @property
    def fit_loop(self) -> Any: ...
    @property
    def plan(self) -> Any: ...
    @property
    def ckpt_path(self) -> Any: ...
    @property
    def log_dir(self) -> str | None: ...
    @property
    def _loaders_given(self) -> frozenset[str]: ...


class Logs(Protocol):
    """The values that were logged, as the progress bar, the loggers and callbacks have them."""

    @property
    def callback_metrics(self) -> dict[str, Tensor]: ...
    @property
    def logged_metrics(self) -> dict[str, Any]: ...
    @property
    def progress_bar_metrics(self) -> dict[str, float]: ...


class Running(AmongProcesses, Updating, Saving, Asked, Placed, Equipped, Logs, Protocol):
    """A Trainer, as callbacks, loggers, data and modules see it."""

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print in the first process."""

    def _ask_to_stop(self, stop: bool = True) -> None: ...
    def notice_replaced(self) -> None: ...

    def clip(self, optimizer: Any, limit: float | None, algorithm: str | None) -> None:
        """Clip the gradients that an optimizer is about to use."""

    def backward_by_hand(self, loss: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Run a backward pass that ``training_step`` asks for."""

    def save_checkpoint(self, filepath: Any = None, weights_only: bool | None = None, **native: Any) -> None:
        """Write the run into a file."""

    def init_module(self, empty_init: bool | None = None) -> AbstractContextManager[None]:
        """Make parameters on the device."""
