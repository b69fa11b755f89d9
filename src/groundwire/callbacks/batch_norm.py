"""BatchNorm layers that see the batches of all processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from groundwire.callbacks.base import TrainerCallback

if TYPE_CHECKING:
    from groundwire.trainer import Trainer

__all__ = ["ConvertSyncBatchNormCallback"]


class ConvertSyncBatchNormCallback(TrainerCallback):
    """Turns the BatchNorm layers of a model into :class:`torch.nn.SyncBatchNorm` where several processes train it.

    Weights and statistics are kept, and so are the layers in a single process. The layers stay
    converted after the run.
    """

    def on_training_run_start(self, trainer: Trainer, **kwargs: Any) -> None:
        """Convert the layers.

        Raises:
            ValueError: The processes run on CPU, where PyTorch cannot synchronise these layers.
        """
        if not trainer.run_config.is_distributed:
            return
        plain = [
            name
            for name, module in trainer.model.named_modules()
            if isinstance(module, _BatchNorm) and not isinstance(module, nn.SyncBatchNorm)
        ]
        if not plain:
            return
        if trainer.device.type == "cpu":
            raise ValueError(
                f"{type(self).__name__}: PyTorch synchronises BatchNorm layers on accelerators only, and this run of "
                f"{trainer.run_config.num_processes} processes is on CPU ({plain[0]!r} is one of {len(plain)} such "
                "layers). Leave the callback out there"
            )
        # the outermost layer may be one of them, so that the model is another object afterwards
        trainer.model = nn.SyncBatchNorm.convert_sync_batchnorm(trainer.model)  # type: ignore[no-untyped-call]
