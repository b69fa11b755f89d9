"""Layers that share statistics between processes."""

from __future__ import annotations

from typing import Any

from torch import nn


class LayerSync:
    """The base class of objects that make layers of a model share statistics between processes."""

    def apply(self, model: Any) -> Any:
        """Return a model whose layers share.

        Args:
            model: The model.
        """
        raise NotImplementedError

    def revert(self, model: Any) -> Any:
        """Return a model whose layers do not.

        Args:
            model: The model.
        """
        raise NotImplementedError


class TorchSyncBatchNorm(LayerSync):
    """Batch norms that take mean and variance over the batches of all processes."""

    def apply(self, model: Any) -> Any:
        """Return the model with ``SyncBatchNorm`` in the place of every batch norm.

        Args:
            model: The model.
        """
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]

    def revert(self, model: Any) -> Any:
        """Return the model as it is: in one process a synchronised batch norm is a batch norm.

        Args:
            model: The model.
        """
        return model
