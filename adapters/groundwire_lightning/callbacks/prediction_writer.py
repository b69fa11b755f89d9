"""The base class of callbacks that write predictions, as they are made or all at the end."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from groundwire_lightning.core.callback import Callback
from groundwire_lightning.data.dataloader_iter import reads_batches
from groundwire_lightning.utilities.apply_func import CPU, batch_on_device
from groundwire_lightning.utilities.checked import checked, one_of
from groundwire_lightning.utilities.combined_loader import parts_of

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running


class WriteInterval(str, Enum):
    """The moment at which predictions are written."""

    BATCH = "batch"
    EPOCH = "epoch"
    BATCH_AND_EPOCH = "batch_and_epoch"

    @property
    def on_batch(self) -> bool:
        """True where they are written after each batch."""
        return self is not WriteInterval.EPOCH

    @property
    def on_epoch(self) -> bool:
        """True where they are written at the end."""
        return self is not WriteInterval.BATCH


class BasePredictionWriter(Callback):
    """Collects predictions and hands them to the method of a subclass that writes them.

    Args:
        write_interval: ``"batch"`` calls :meth:`write_on_batch_end`, ``"epoch"``
            :meth:`write_on_epoch_end`, ``"batch_and_epoch"`` both.

    Raises:
        MisconfigurationException: ``write_interval`` is none of these.
    """

    @checked(write_interval=one_of(*WriteInterval))
    def __init__(self, write_interval: Literal["batch", "epoch", "batch_and_epoch"] = "batch") -> None:
        self.interval = WriteInterval(write_interval)
        self._predictions: list[list[Any]] = []
        self._batch_indices: list[list[Any]] = []

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Refuse a ``predict_step`` that reads its batches itself."""
        if reads_batches(getattr(pl_module, "predict_step", None)):
            raise NotImplementedError(
                f"{type(self).__name__} writes what was predicted of each batch, and a predict_step with "
                "dataloader_iter may read several; let it take batch and batch_idx"
            )

    def write_on_batch_end(
        self,
        trainer: Running,
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
            batch_indices: Indices of its samples in the data set, where they are known.
            batch: The batch.
            batch_idx: The index of the batch.
            dataloader_idx: The index of its loader.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how a batch is written: write_on_batch_end()")

    def write_on_epoch_end(
        self, trainer: Running, pl_module: Any, predictions: Sequence[Any], batch_indices: Sequence[Any]
    ) -> None:
        """Write all predictions.

        Args:
            trainer: The trainer.
            pl_module: The module.
            predictions: One entry a batch, in a list for each loader where there are several.
            batch_indices: Indices of the samples in the data set: a list of batches for each loader.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how all is written: write_on_epoch_end()")

    def on_predict_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Write the predictions of the batch, keep them for the end, or both."""
        indices = _indices(trainer, batch_idx, dataloader_idx)
        if self.interval.on_epoch:
            self._predictions[dataloader_idx].append(batch_on_device(outputs, CPU))  # or they would fill the device
            if indices:
                self._batch_indices[dataloader_idx].append(indices)
        if self.interval.on_batch:
            self.write_on_batch_end(trainer, pl_module, outputs, indices, batch, batch_idx, dataloader_idx)

    def on_predict_start(self, trainer: Running, pl_module: Any) -> None:
        """Drop the predictions of the run before."""
        loaders = len(trainer.num_predict_batches)
        self._predictions, self._batch_indices = ([[] for _ in range(loaders)] for _ in range(2))

    def on_predict_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Write all predictions, where that is asked for."""
        if not self.interval.on_epoch:
            return
        predictions, indices = self._predictions, self._batch_indices
        self._predictions, self._batch_indices = [], []
        self.write_on_epoch_end(trainer, pl_module, predictions[0] if len(predictions) == 1 else predictions, indices)


def _indices(trainer: Running, batch_idx: int, dataloader_idx: int) -> list[int]:
    """Indices of the samples of a batch in their data set; empty where the loader does not record them."""
    loader = parts_of(trainer._eval_dataloader)[dataloader_idx]
    seen = getattr(getattr(loader, "batch_sampler", None), "seen_batch_indices", None)
    return seen[batch_idx] if seen else []
