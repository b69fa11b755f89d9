"""Predictions written as they are made, or all at the end."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Literal

from groundwire_lightning.callback import Callback
from groundwire_lightning.errors import MisconfigurationException


class WriteInterval(str, Enum):
    """When predictions are written."""

    BATCH = "batch"
    EPOCH = "epoch"
    BATCH_AND_EPOCH = "batch_and_epoch"

    @property
    def on_batch(self) -> bool:
        """After each batch."""
        return self is not WriteInterval.EPOCH

    @property
    def on_epoch(self) -> bool:
        """At the end."""
        return self is not WriteInterval.BATCH


class BasePredictionWriter(Callback):
    """The base class of callbacks that write predictions; a subclass says how.

    Args:
        write_interval: ``"batch"`` calls :meth:`write_on_batch_end`, ``"epoch"``
            :meth:`write_on_epoch_end`, ``"batch_and_epoch"`` both.

    Raises:
        MisconfigurationException: It is none of these.
    """

    def __init__(self, write_interval: Literal["batch", "epoch", "batch_and_epoch"] = "batch") -> None:
        if write_interval not in list(WriteInterval):
            raise MisconfigurationException(
                f"BasePredictionWriter(write_interval={write_interval!r}): "
                f"{', '.join(repr(each.value) for each in WriteInterval)} is due"
            )
        self.interval = WriteInterval(write_interval)

    def write_on_batch_end(
        self,
        trainer: Any,
        pl_module: Any,
        prediction: Any,
        batch_indices: Sequence[int] | None,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int,
    ) -> None:
        """Write the predictions of a batch.

        Args:
            trainer: The trainer.
            pl_module: The module.
            prediction: What ``predict_step`` returned.
            batch_indices: Which samples of the data they are, where that is known.
            batch: The batch.
            batch_idx: Its index.
            dataloader_idx: That of its loader.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how a batch is written: write_on_batch_end()")

    def write_on_epoch_end(
        self, trainer: Any, pl_module: Any, predictions: Sequence[Any], batch_indices: Sequence[Any]
    ) -> None:
        """Write all predictions.

        Args:
            trainer: The trainer.
            pl_module: The module.
            predictions: One entry a batch, in a list for each loader where there are several.
            batch_indices: Which samples of the data they are: a list of batches for each loader.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how all is written: write_on_epoch_end()")

    def on_predict_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Write the predictions of the batch, where that is asked for."""
        if self.interval.on_batch:
            indices = trainer.predict_loop.current_batch_indices
            self.write_on_batch_end(trainer, pl_module, outputs, indices, batch, batch_idx, dataloader_idx)

    def on_predict_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Write all predictions, where that is asked for."""
        if self.interval.on_epoch:
            loop = trainer.predict_loop
            self.write_on_epoch_end(trainer, pl_module, loop.predictions, loop.epoch_batch_indices)
