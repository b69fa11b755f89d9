"""Plugins for ``Trainer(plugins=...)``: precision, checkpoint files, cluster environments and layer sync."""

from typing import TYPE_CHECKING

from groundwire_lightning.checkpoints.io import AsyncCheckpointIO, CheckpointIO, TorchCheckpointIO, XLACheckpointIO
from groundwire_lightning.errors import missing_class
from groundwire_lightning.strategies.environments import ClusterEnvironment
from groundwire_lightning.strategies.layer_sync import LayerSync, TorchSyncBatchNorm
from groundwire_lightning.strategies.precision import DoublePrecision, HalfPrecision, MixedPrecision, Precision
from groundwire_lightning.utilities.lazily import modules_of

__path__: list[str] = []  # what Lightning has below this path are rows of paths.py

__all__ = [
    "AsyncCheckpointIO",
    "BitsandbytesPrecision",
    "CheckpointIO",
    "ClusterEnvironment",
    "DeepSpeedPrecision",
    "DoublePrecision",
    "FSDPPrecision",
    "HalfPrecision",
    "LayerSync",
    "MixedPrecision",
    "Precision",
    "TorchCheckpointIO",
    "TorchSyncBatchNorm",
    "TransformerEnginePrecision",
    "XLACheckpointIO",
    "XLAPrecision",
]

BitsandbytesPrecision = missing_class(
    "BitsandbytesPrecision", __name__, "bitsandbytes' layers in configure_model", Precision
)
TransformerEnginePrecision = missing_class(
    "TransformerEnginePrecision", __name__, "its layers in configure_model", Precision
)
DeepSpeedPrecision = missing_class("DeepSpeedPrecision", __name__, "Accelerate's DeepSpeedPlugin", Precision)
FSDPPrecision = missing_class("FSDPPrecision", __name__, "Accelerate's FullyShardedDataParallelPlugin", Precision)
XLAPrecision = missing_class("XLAPrecision", __name__, "a native groundwire.Trainer on the TPU", Precision)

if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
