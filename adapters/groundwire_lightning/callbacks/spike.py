"""A callback that ends training when the loss jumps, and writes down the batches that made it jump."""

from __future__ import annotations

import json
import os
import warnings
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import torch

from groundwire_lightning.core.callback import Callback
from groundwire_lightning.utilities.checked import checked, flag, number, one_of, optional, path, whole
from groundwire_lightning.utilities.cloud_io import get_filesystem

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


class TrainingSpikeException(RuntimeError):  # noqa: N818  # Lightning's name
    """Raised when the loss has jumped.

    Args:
        batch_idx: Index of the batch.
    """

    def __init__(self, batch_idx: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(f"the loss jumped at batch {batch_idx}", *args, **kwargs)


class SpikeDetection(Callback):
    """Raises :class:`TrainingSpikeException` where the loss of a batch is far from the mean of those before.

    This batch and the one before it are written into ``skip_batches.json``, for either may have done it.

    Args:
        mode: ``"min"`` where less is better, ``"max"`` where more is.
        window: Batches that the mean is taken over.
        warmup: Batches of an epoch that are not looked at.
        atol: What is nearer to the mean than this, in the units of the loss, is no jump.
        rtol: What is nearer to the mean than this multiple of it is no jump.
        exclude_batches_path: The file ``.json``, or its folder; by default the Trainer's ``default_root_dir``.
        finite_only: Take NaN and infinity for jumps.
    """

    @checked(
        mode=one_of("min", "max"),
        window=whole(1),
        warmup=whole(),
        atol=optional(number()),
        rtol=optional(number()),
        exclude_batches_path=optional(path),
        finite_only=flag,
    )
    def __init__(
        self,
        mode: Literal["min", "max"] = "min",
        window: int = 10,
        warmup: int = 1,
        atol: float | None = None,
        rtol: float | None = 2.0,
        exclude_batches_path: str | PathLike[str] | None = None,
        finite_only: bool = True,
    ) -> None:
        from torchmetrics.aggregation import MeanMetric
        from torchmetrics.wrappers import Running

        self.last_val: torch.Tensor | float = 0.0
        self.running_mean = Running(MeanMetric(dist_sync_on_step=False, sync_on_compute=False), window=window)
        self.running_mean.dist_sync_on_step = False
        self.running_mean.sync_on_compute = False
        self.mode = mode
        self.warmup = warmup
        self.atol = atol
        self.rtol = rtol
        self.bad_batches: list[int] = []
        self.exclude_batches_path = exclude_batches_path
        self.finite_only = finite_only

    @torch.no_grad()
    def on_train_batch_end(self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Compare the loss of the batch with the mean of those before.

        Raises:
            TrainingSpikeException: It jumped, in this process or in another.
        """
        if not isinstance(outputs, torch.Tensor) and not outputs:
            return  # training_step returned None
        loss = (outputs if isinstance(outputs, torch.Tensor) else outputs["loss"]).detach()
        if batch_idx == 0:
            self.running_mean.to(trainer.strategy.root_device)
        spikes = bool(batch_idx >= self.warmup and self._is_spike(loss))
        # All processes decide together: one that raised alone would leave the others waiting.
        if trainer.strategy.reduce_boolean_decision(spikes, all=False):
            self._write(trainer, batch_idx)
            raise TrainingSpikeException(batch_idx=batch_idx)
        finite = self.finite_only or bool(torch.isfinite(loss).all())
        if self.finite_only or trainer.strategy.reduce_boolean_decision(finite, all=True):
            self.running_mean.update(loss)
            self.last_val = loss

    def _is_spike(self, loss: torch.Tensor) -> bool:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it may be computed before the first update
            mean = self.running_mean.compute()
        if self.finite_only and not torch.isfinite(loss):
            return True
        change = loss - self.last_val
        if bool((change <= 0 if self.mode == "min" else change >= 0).all()):
            return False
        distance = abs(loss - mean)
        is_far = self.atol is None or bool(distance >= abs(self.atol))
        return is_far and (self.rtol is None or bool(distance >= abs(self.rtol * mean)))

    def _write(self, trainer: Running, batch_idx: int) -> None:
        self.bad_batches.extend([batch_idx - 1, batch_idx])
        path = str(self.exclude_batches_path or trainer.default_root_dir)
        if not path.endswith(".json"):
            path = os.path.join(path, "skip_batches.json")  # noqa: PTH118  # may be a URL
        self.exclude_batches_path = path
        if trainer.is_global_zero:
            files = get_filesystem(path)
            files.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH120
            with files.open(path, "w", encoding="utf-8") as file:
                json.dump(self.bad_batches, file, indent=4)

    def state_dict(self) -> dict[str, Any]:
        """The arguments, the running mean, the last loss and the batches that were written down."""
        return {
            "last_val": self.last_val.item() if isinstance(self.last_val, torch.Tensor) else self.last_val,
            "mode": self.mode,
            "warmup": self.warmup,
            "atol": self.atol,
            "rtol": self.rtol,
            "bad_batches": self.bad_batches,
            "bad_batches_path": self.exclude_batches_path,
            "running": self.running_mean.state_dict(),
            "mean": self.running_mean.base_metric.state_dict(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore a state of :meth:`state_dict`."""
        for name in ("last_val", "mode", "warmup", "atol", "rtol", "bad_batches"):
            setattr(self, name, state_dict[name])
        self.exclude_batches_path = state_dict["bad_batches_path"]
        self.running_mean.load_state_dict(state_dict["running"])
        self.running_mean.base_metric.load_state_dict(state_dict["mean"])
