"""How layers agree between processes."""

from __future__ import annotations

from typing import Any

from torch import nn


class LayerSync:
    """Makes layers of a model share between processes."""

    def apply(self, model: Any) -> Any:
        """A model whose layers share.

        Args:
            model: The model.
        """
        raise NotImplementedError

    def revert(self, model: Any) -> Any:
        """A model whose layers do not.

        Args:
            model: The model.
        """
        raise NotImplementedError


class TorchSyncBatchNorm(LayerSync):
    """Batch norms take their mean over the batches of all processes."""

    def apply(self, model: Any) -> Any:
        """A model with ``SyncBatchNorm`` in the place of every batch norm.

        Args:
            model: The model.
        """
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]

    def revert(self, model: Any) -> Any:
        """Leaves the model as it is: in one process a synchronised batch norm is a batch norm.

        Args:
            model: The model.
        """
        return model
