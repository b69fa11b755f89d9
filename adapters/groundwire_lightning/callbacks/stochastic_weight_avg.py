"""A callback that averages the weights at the ends of the last epochs, at a learning rate of its own."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import SWALR

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.errors import ArgumentError, MisconfigurationException
from groundwire_lightning.lightning_1.older_arguments import left_out, takes_older
from groundwire_lightning.utilities.checked import checked, function, one_of, optional, plain_number, whole
from groundwire_lightning.utilities.checked import device as device_of
from groundwire_lightning.utilities.console import tell
from groundwire_lightning.utilities.types import LRSchedulerConfig

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

AVG_FN = Callable[[Tensor, Tensor, Tensor], Tensor]


log = logging.getLogger(__name__)


def _rates(name: str, value: Any) -> Any:
    """Check learning rates: a float above 0, or a list of them."""
    rates = value if isinstance(value, list) else [value]
    if not all(isinstance(rate, float) and rate > 0 for rate in rates):
        raise ArgumentError(f"{name}: a float above 0, or a list of them, is due, got {value!r}")
    return value


def _device(name: str, value: Any) -> Any:
    """Check a device of torch or its name; Lightning takes no index either."""
    if not isinstance(value, (torch.device, str)):
        raise ArgumentError(f"{name}: a torch.device, a str or None is due, got {value!r}")
    return device_of(name, value)


def _start(name: str, value: Any) -> Any:
    """Check the number of an epoch, from 1, or a share of the epochs."""
    start = plain_number(value)
    is_due = start >= 1 if isinstance(start, int) else isinstance(start, float) and 0 <= start <= 1
    if not is_due:
        raise ArgumentError(f"{name}: the number of an epoch, from 1, or a share from 0.0 to 1.0 is due, got {value!r}")
    return start


class StochasticWeightAveraging(Callback):
    """From an epoch on, averages the weights at the start of each epoch, and ends with the average in the module.

    Its own scheduler, torch's ``SWALR``, takes the place of the module's. Where the module has
    BatchNorm layers, one more epoch without updates measures their statistics anew.

    Args:
        swa_lrs: The learning rate, or one for each parameter group; none of them for those that they have.
        swa_epoch_start: The first of these epochs counted from 1, or its place among all as a share.
        annealing_epochs: Epochs in which the rate moves to ``swa_lrs``.
        annealing_strategy: ``"cos"`` or ``"linear"``.
        avg_fn: Given average, weight and how many were averaged, returns the new average; by default
            all weigh the same.
        device: Where the average is kept; None keeps it where the module is.

    Attributes:
        n_averaged: How often weights were averaged.
        momenta: BatchNorm layer to its momentum, while their statistics are measured anew.

    Raises:
        MisconfigurationException: An argument is out of range or of the wrong kind.
    """

    @takes_older(swa_lrs=left_out("swa_lrs", []))
    @checked(
        swa_lrs=_rates,
        swa_epoch_start=_start,
        annealing_epochs=whole(0),
        annealing_strategy=one_of("cos", "linear"),
        avg_fn=optional(function),
        device=optional(_device),
    )
    def __init__(
        self,
        swa_lrs: float | list[float],
        swa_epoch_start: int | float = 0.8,
        annealing_epochs: int = 10,
        annealing_strategy: Literal["cos", "linear"] = "cos",
        avg_fn: AVG_FN | None = None,
        device: torch.device | str | None = torch.device("cpu"),  # noqa: B008  # never changes
    ) -> None:
        self.n_averaged: Tensor | None = None
        self._swa_epoch_start = swa_epoch_start
        self._swa_lrs = swa_lrs
        self._annealing_epochs = annealing_epochs
        self._annealing_strategy = annealing_strategy
        self._avg_fn = avg_fn or self.avg_fn
        self._device = device
        self._model_contains_batch_norm: bool | None = None
        self._average_model: Any = None
        self._initialized = False
        self._swa_scheduler: SWALR | None = None
        self._scheduler_state: dict[str, Any] | None = None
        self._init_n_averaged = 0
        self._latest_update_epoch = -1
        self._accumulate_grad_batches: int | None = None
        self._max_epochs = -1
        self.momenta: dict[_BatchNorm, float | None] = {}

    @property
    def swa_start(self) -> int:
        """Index of the first epoch, from 0."""
        assert isinstance(self._swa_epoch_start, int)  # a share was turned into one when fitting began
        return max(self._swa_epoch_start - 1, 0)

    @property
    def swa_end(self) -> float:
        """Index of the last epoch, from 0; infinite where epochs are not limited."""
        return math.inf if self._max_epochs == -1 else self._max_epochs - 1

    @staticmethod
    def pl_module_contains_batch_norm(pl_module: nn.Module) -> bool:
        """True if there is a BatchNorm layer in the module."""
        return any(isinstance(module, _BatchNorm) for module in pl_module.modules())

    # the moments of a run

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Copy the module, whose copy holds the average."""
        self._average_model = deepcopy(pl_module)

    def on_fit_start(self, trainer: Running, pl_module: Any) -> None:
        """Settle in which epochs weights are averaged.

        Raises:
            MisconfigurationException: There are several optimizers or schedulers, or a share of epochs
                that are not limited is asked for.
        """
        if len(trainer.optimizers) != 1 or len(trainer.lr_scheduler_configs) > 1:
            raise MisconfigurationException(
                "StochasticWeightAveraging needs one optimizer and at most one scheduler; there are "
                f"{len(trainer.optimizers)} and {len(trainer.lr_scheduler_configs)}"
            )
        assert trainer.max_epochs is not None  # since fit() began
        if isinstance(self._swa_epoch_start, float):
            if trainer.max_epochs == -1:
                raise MisconfigurationException(
                    f"StochasticWeightAveraging(swa_epoch_start={self._swa_epoch_start}): max_epochs=-1 sets no number "
                    "to take a share of; give the number of an epoch"
                )
            self._swa_epoch_start = int(trainer.max_epochs * self._swa_epoch_start)
        self._model_contains_batch_norm = self.pl_module_contains_batch_norm(pl_module)
        self._max_epochs = trainer.max_epochs
        if self._measures_anew:
            trainer.fit_loop.max_epochs += 1
        if self._scheduler_state is not None:
            trainer.lr_scheduler_configs.clear()  # its state is that of SWALR, which is made when its epoch comes

    def on_train_epoch_start(self, trainer: Running, pl_module: Any) -> None:
        """Average the weights of the epoch before; behind the last epoch measure the statistics anew."""
        epoch = trainer.current_epoch
        is_averaging = self.swa_start <= epoch <= self.swa_end
        if is_averaging and not self._initialized:
            self._begin(trainer, pl_module)
        if is_averaging and epoch > self._latest_update_epoch:
            assert self.n_averaged is not None
            self.update_parameters(self._average_model, pl_module, self.n_averaged, self._avg_fn)
            self._latest_update_epoch = epoch
        if epoch == self.swa_end + 1:
            self.transfer_weights(self._average_model, pl_module)
            self.reset_batch_norm_and_save_state(pl_module)
            # one pass over the data without gradients, in a window that is longer than the epoch, so without an update
            trainer.fit_loop._skip_backward = True
            self._accumulate_grad_batches = trainer.accumulate_grad_batches
            trainer._accumulate(trainer.num_training_batches + 1)

    def on_train_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Let later epochs run with a backward pass again."""
        if self._accumulate_grad_batches is not None:
            trainer.fit_loop._skip_backward = False

    def on_train_end(self, trainer: Running, pl_module: Any) -> None:
        """Copy the average into the module, unless that was done before the epoch that measured statistics."""
        last = trainer.current_epoch - 1  # epochs are counted up before
        if self._measures_anew and last == self.swa_end + 1:
            assert self._accumulate_grad_batches is not None  # since that epoch began
            trainer._accumulate(self._accumulate_grad_batches)
            self._accumulate_grad_batches = None
            trainer.fit_loop.max_epochs -= 1
            self.reset_momenta()
        elif last == self.swa_end or self._max_epochs == -1:
            self.transfer_weights(self._average_model, pl_module)

    @property
    def _measures_anew(self) -> bool:
        return bool(self._model_contains_batch_norm) and self._max_epochs != -1

    def _begin(self, trainer: Running, pl_module: Any) -> None:
        """Let SWALR take over, at the state it had where the run was resumed."""
        self._initialized = True
        self._average_model = self._average_model.to(self._device or pl_module.device)
        optimizer = trainer.optimizers[0]
        if not self._swa_lrs:
            self._swa_lrs = [group["lr"] for group in optimizer.param_groups]
        if isinstance(self._swa_lrs, float):
            self._swa_lrs = [self._swa_lrs] * len(optimizer.param_groups)
        for rate, group in zip(self._swa_lrs, optimizer.param_groups, strict=False):
            group["initial_lr"] = rate
        self._swa_scheduler = SWALR(
            optimizer,
            swa_lr=self._swa_lrs,  # type: ignore[arg-type]  # torch takes a list, its annotation forgets it
            anneal_epochs=self._annealing_epochs,
            anneal_strategy=self._annealing_strategy,
            last_epoch=trainer.max_epochs if self._annealing_strategy == "cos" else -1,  # Lightning's choice
        )
        if self._scheduler_state is not None:
            self._swa_scheduler.load_state_dict(self._scheduler_state)
        elif trainer.current_epoch != self.swa_start:
            _warn_of_averaging(
                "StochasticWeightAveraging begins later than its first epoch and was given no state: the checkpoint "
                "was written without it"
            )
        self._replace_scheduler(trainer)
        if self.n_averaged is None:
            self.n_averaged = torch.tensor(self._init_n_averaged, dtype=torch.long, device=pl_module.device)

    def _replace_scheduler(self, trainer: Running) -> None:
        ours = LRSchedulerConfig(self._swa_scheduler)
        for theirs in trainer.lr_scheduler_configs:
            if theirs.interval != "epoch" or theirs.frequency != 1:
                name, every = type(theirs.scheduler).__name__, f"{theirs.frequency} {theirs.interval}"
                _warn_of_averaging(
                    f"StochasticWeightAveraging moves its scheduler on once an epoch; {name}, whose place it takes, "
                    f"did so every {every}"
                )
            tell(log, "StochasticWeightAveraging puts SWALR in the place of %s", type(theirs.scheduler).__name__)
        trainer.lr_scheduler_configs[:] = [ours]

    # the average and the statistics

    @staticmethod
    def transfer_weights(src_pl_module: nn.Module, dst_pl_module: nn.Module) -> None:
        """Copy the parameters of one module into another."""
        for source, target in zip(src_pl_module.parameters(), dst_pl_module.parameters(), strict=False):
            target.detach().copy_(source.to(target.device))

    @staticmethod
    def update_parameters(average_model: nn.Module, model: nn.Module, n_averaged: Tensor, avg_fn: AVG_FN) -> None:
        """Take the parameters of a model into an average.

        Args:
            average_model: The average.
            model: The model.
            n_averaged: The number of models in the average; counted up by one.
            avg_fn: The function of the constructor.
        """
        for average, weight in zip(average_model.parameters(), model.parameters(), strict=False):
            mean, new = average.detach(), weight.detach().to(average.device)
            mean.copy_(new if n_averaged == 0 else avg_fn(mean, new, n_averaged.to(mean.device)))
        n_averaged += 1

    @staticmethod
    def avg_fn(averaged_model_parameter: Tensor, model_parameter: Tensor, num_averaged: Tensor) -> Tensor:
        """Take one more model into a mean of ``num_averaged``."""
        return averaged_model_parameter + (model_parameter - averaged_model_parameter) / (num_averaged + 1)

    def reset_batch_norm_and_save_state(self, pl_module: Any) -> None:
        """Let BatchNorm layers begin with their statistics, as plain means over the batches to come."""
        self.momenta = {}
        for module in pl_module.modules():
            if isinstance(module, _BatchNorm):
                self.momenta[module] = module.momentum
                module.momentum = None
                module.reset_running_stats()

    def reset_momenta(self) -> None:
        """Give BatchNorm layers their momenta back."""
        for module, momentum in self.momenta.items():
            module.momentum = momentum

    # the state

    def state_dict(self) -> dict[str, Any]:
        """The average and its scheduler."""
        return {
            "n_averaged": 0 if self.n_averaged is None else self.n_averaged.item(),
            "latest_update_epoch": self._latest_update_epoch,
            "scheduler_state": None if self._swa_scheduler is None else self._swa_scheduler.state_dict(),
            "average_model_state": None if self._average_model is None else self._average_model.state_dict(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`."""
        self._init_n_averaged = state_dict["n_averaged"]
        self._latest_update_epoch = state_dict["latest_update_epoch"]
        self._scheduler_state = state_dict["scheduler_state"]
        if self._average_model is not None:
            self._average_model.load_state_dict(state_dict["average_model_state"])


def _warn_of_averaging(message: str) -> None:
    rank_zero_warn(message)
