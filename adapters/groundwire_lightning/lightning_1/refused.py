"""Classes of Lightning 1 that have no counterpart: each can be imported, and says what to use when one is made."""

from groundwire_lightning.errors import missing_class

_DDP = "strategy='ddp'"
_HALF = "precision='16-mixed' or 'bf16-mixed'"
_RESULTS = "self.log in the step, which returns the loss"
_SHARDED = "override _create_accelerator of the Trainer and give Accelerate its FullyShardedDataParallelPlugin there"
_GPU = "accelerator='gpu' or 'cpu'"

INSTEAD = {
    "ApexMixedPrecisionPlugin": _HALF,
    "BaguaStrategy": _DDP,
    "ColossalAIPrecisionPlugin": _HALF,
    "ColossalAIStrategy": _SHARDED,
    "DDP2Plugin": _DDP,
    "DDP2Strategy": _DDP,
    "DDPShardedPlugin": _SHARDED,
    "DDPShardedStrategy": _SHARDED,
    "DDPSpawnShardedPlugin": _SHARDED,
    "DDPSpawnShardedStrategy": _SHARDED,
    "DataParallelPlugin": _DDP,
    "DataParallelStrategy": _DDP,
    "EvalResult": _RESULTS,
    "HPUAccelerator": _GPU,
    "HPUCheckpointIO": _GPU,
    "HPUParallelStrategy": _DDP,
    "HPUPrecisionPlugin": _HALF,
    "HivemindStrategy": _DDP,
    "HorovodPlugin": _DDP,
    "HorovodStrategy": _DDP,
    "IPUAccelerator": _GPU,
    "IPUPlugin": _GPU,
    "IPUPrecisionPlugin": _HALF,
    "IPUStrategy": _GPU,
    "ModelIO": "LightningModule, which has its methods",
    "NumpyMetric": "a subclass of torchmetrics.Metric",
    "QuantizationAwareTraining": "torch.ao.quantization, in a callback of your own",
    "RPCPlugin": _SHARDED,
    "RPCSequentialPlugin": _SHARDED,
    "Result": _RESULTS,
    "ShardedNativeMixedPrecisionPlugin": _HALF,
    "SingleHPUStrategy": _GPU,
    "TensorMetric": "a subclass of torchmetrics.Metric",
    "TrainResult": _RESULTS,
    "XLAStatsMonitor": "DeviceStatsMonitor",
}
"""Name to what there is instead."""

__all__ = sorted(INSTEAD)  # noqa: PLE0605  # each name of the table

globals().update({name: missing_class(name, __name__, instead) for name, instead in INSTEAD.items()})
