"""Callbacks that keep a running average of the weights, validate it, and leave it in the module."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

from groundwire import Part
from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.utilities.checked import checked, flag, number, optional, whole
from groundwire_lightning.utilities.checked import device as device_of

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

log = logging.getLogger(__name__)

AVERAGED_PREFIX = "module."


class WeightAveraging(Callback):
    """Averages the weights with torch's ``AveragedModel``, validates the average, and ends with it in the module.

    Override :meth:`should_update` to say when the average is updated; by default after each
    optimizer step.

    Args:
        device: Where the average is kept; by default where the module is.
        use_buffers: Average buffers too.
        **kwargs: Of ``torch.optim.swa_utils.AveragedModel``, such as ``avg_fn``; by default every
            update weighs the same.
    """

    @checked(device=optional(device_of), use_buffers=flag)
    def __init__(self, device: torch.device | str | int | None = None, use_buffers: bool = True, **kwargs: Any) -> None:
        self._device = torch.device(device) if isinstance(device, str) else device
        self._use_buffers = use_buffers
        self._kwargs = kwargs
        self._average_model: AveragedModel | None = None
        self._latest_update_step = 0
        self._latest_update_epoch = -1

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """True if the average is updated now; asked after each optimizer step and after each epoch.

        Args:
            step_idx: Index of the step that was made, from 0; None after an epoch.
            epoch_idx: Index of the epoch that ended; None after a step.
        """
        return step_idx is not None

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Copy the module, as the first average, where ``stage`` is ``"fit"``."""
        if stage != "fit":
            return
        if _writes_itself(trainer, pl_module, "configure_model"):
            rank_zero_warn(
                f"{type(self).__name__} keeps a whole copy of the module, what configure_model makes included: layers "
                "are not spread over devices"
            )
            pl_module.configure_model()
        device: Any = self._device or pl_module.device
        self._average_model = AveragedModel(pl_module, device=device, use_buffers=self._use_buffers, **self._kwargs)

    def on_train_batch_end(self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Update the average, if a step was made and it is due."""
        step = trainer.global_step
        if step > self._latest_update_step and self.should_update(step_idx=step - 1):
            self._average.update_parameters(pl_module)
            self._latest_update_step = step

    def on_train_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Update the average, if it is due."""
        epoch = trainer.current_epoch
        if epoch > self._latest_update_epoch and self.should_update(epoch_idx=epoch):
            self._average.update_parameters(pl_module)
            self._latest_update_epoch = epoch

    def on_train_end(self, trainer: Running, pl_module: Any) -> None:
        """Leave the average in the module."""
        with torch.no_grad():
            for average, current in self._pairs(pl_module):
                current.data.copy_(average.data)

    def on_validation_epoch_start(self, trainer: Running, pl_module: Any) -> None:
        """Put the average into the module, and its weights aside."""
        self._swap(pl_module)

    def on_validation_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Put the weights back."""
        self._swap(pl_module)

    # the state

    def state_dict(self) -> dict[str, Any]:
        """The step of the last update; the average itself is in the checkpoint's weights."""
        return {"latest_update_step": self._latest_update_step}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`."""
        self._latest_update_step = state_dict["latest_update_step"]

    def on_save_checkpoint(self, trainer: Running, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Write the average as the weights of the checkpoint, and the weights as ``current_model_state``."""
        if self._average_model is None:
            log.info("%s: there is no average outside of fit; the weights are saved as they are", type(self).__name__)
            return
        state = self._average_model.state_dict()
        checkpoint["current_model_state"] = checkpoint["state_dict"]
        checkpoint["state_dict"] = {
            name.removeprefix(AVERAGED_PREFIX): value
            for name, value in state.items()
            if name.startswith(AVERAGED_PREFIX)
        }
        checkpoint["averaging_state"] = {
            name: value for name, value in state.items() if not name.startswith(AVERAGED_PREFIX)
        }

    def on_load_checkpoint(self, trainer: Running, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Take weights and average from a checkpoint; from one without an average both are its weights."""
        if self._average_model is None:
            rank_zero_warn(
                f"{type(self).__name__}: a checkpoint was loaded outside of fit. Its weights are the average; there is "
                "nothing to go on with, and for validation, test and prediction nothing is missing"
            )
        elif {"current_model_state", "averaging_state"} <= checkpoint.keys():
            log.info("%s: the weights go on from current_model_state of the checkpoint", type(self).__name__)
            average = {AVERAGED_PREFIX + name: value for name, value in checkpoint["state_dict"].items()}
            self._average_model.load_state_dict(average | checkpoint["averaging_state"])
            pl_module.load_state_dict(checkpoint["current_model_state"])
        else:
            rank_zero_warn(
                f"{type(self).__name__}: the checkpoint was written without it, so the average begins with its weights"
            )
            self._average_model.module.load_state_dict(deepcopy(checkpoint["state_dict"]), strict=False)

    @property
    def _average(self) -> AveragedModel:
        assert self._average_model is not None  # made in setup, before any batch
        return self._average_model

    def _pairs(self, pl_module: Any) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Each parameter and buffer of the average, with that of the module."""

        def tensors(module: Any) -> Iterator[torch.Tensor]:
            return itertools.chain(module.parameters(), module.buffers())

        return zip(tensors(self._average.module), tensors(pl_module), strict=False)

    def _swap(self, pl_module: Any) -> None:
        if self._average_model is not None:
            for average, current in self._pairs(pl_module):
                average_before = average.data.clone()
                average.data.copy_(current.data)
                current.data.copy_(average_before)


class EMAWeightAveraging(WeightAveraging):
    """An exponential moving average of the weights.

    Args:
        device: Where the average is kept; by default where the module is.
        use_buffers: Average buffers too.
        decay: How much of the old average remains at each update.
        update_every_n_steps: Steps between two updates; 0 updates after no step.
        update_starting_at_step: The first step after which it is updated.
        update_starting_at_epoch: The first epoch after which it is updated; None updates after none.
        **kwargs: Of ``torch.optim.swa_utils.AveragedModel``.
    """

    @checked(
        device=optional(device_of),
        use_buffers=flag,
        decay=number(0.0, 1.0),
        update_every_n_steps=whole(),
        update_starting_at_step=optional(whole()),
        update_starting_at_epoch=optional(whole()),
    )
    def __init__(
        self,
        device: torch.device | str | int | None = None,
        use_buffers: bool = True,
        decay: float = 0.999,
        update_every_n_steps: int = 1,
        update_starting_at_step: int | None = None,
        update_starting_at_epoch: int | None = None,
        **kwargs: Any,
    ) -> None:
        average = get_ema_avg_fn(decay=decay)  # type: ignore[no-untyped-call]
        super().__init__(device=device, use_buffers=use_buffers, **kwargs, avg_fn=average)
        self.update_every_n_steps = update_every_n_steps
        self.update_starting_at_step = update_starting_at_step
        self.update_starting_at_epoch = update_starting_at_epoch

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """True at every ``update_every_n_steps`` and after every epoch, once the first step or epoch has come.

        Args:
            step_idx: Index of the step that was made, from 0; None after an epoch.
            epoch_idx: Index of the epoch that ended; None after a step.
        """
        if step_idx is not None and step_idx >= (self.update_starting_at_step or 0):
            return self.update_every_n_steps > 0 and step_idx % self.update_every_n_steps == 0
        starts = self.update_starting_at_epoch
        return epoch_idx is not None and starts is not None and epoch_idx >= starts


def _writes_itself(trainer: Running, pl_module: Any, method: str) -> bool:
    """True if the module writes the method itself."""
    return Part(LIGHTNING, "LightningModule", pl_module).implements(method)
