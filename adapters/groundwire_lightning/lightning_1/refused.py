"""Classes of Lightning 1 that have no counterpart: each can be imported, and says what to use when one is made."""

from groundwire_lightning.errors import missing_class

_BY_DDP = "strategy='ddp'"
_BY_PRECISION = "precision='16-mixed' or 'bf16-mixed'"
_BY_LOG = "self.log in the step, which returns the loss"
_BY_FSDP = "override _create_accelerator of the Trainer and give Accelerate its FullyShardedDataParallelPlugin there"
_GPU = "accelerator='gpu' or 'cpu'"

INSTEAD = {
    "ApexMixedPrecisionPlugin": _BY_PRECISION,
    "BaguaStrategy": _BY_DDP,
    "ColossalAIPrecisionPlugin": _BY_PRECISION,
    "ColossalAIStrategy": _BY_FSDP,
    "DDP2Plugin": _BY_DDP,
    "DDP2Strategy": _BY_DDP,
    "DDPShardedPlugin": _BY_FSDP,
    "DDPShardedStrategy": _BY_FSDP,
    "DDPSpawnShardedPlugin": _BY_FSDP,
    "DDPSpawnShardedStrategy": _BY_FSDP,
    "DataParallelPlugin": _BY_DDP,
    "DataParallelStrategy": _BY_DDP,
    "EvalResult": _BY_LOG,
    "HPUAccelerator": _GPU,
    "HPUCheckpointIO": _GPU,
    "HPUParallelStrategy": _BY_DDP,
    "HPUPrecisionPlugin": _BY_PRECISION,
    "HivemindStrategy": _BY_DDP,
    "HorovodPlugin": _BY_DDP,
    "HorovodStrategy": _BY_DDP,
    "IPUAccelerator": _GPU,
    "IPUPlugin": _GPU,
    "IPUPrecisionPlugin": _BY_PRECISION,
    "IPUStrategy": _GPU,
    "ModelIO": "LightningModule, which has its methods",
    "NumpyMetric": "a subclass of torchmetrics.Metric",
    "QuantizationAwareTraining": "torch.ao.quantization, in a callback of your own",
    "RPCPlugin": _BY_FSDP,
    "RPCSequentialPlugin": _BY_FSDP,
    "Result": _BY_LOG,
    "ShardedNativeMixedPrecisionPlugin": _BY_PRECISION,
    "SingleHPUStrategy": _GPU,
    "TensorMetric": "a subclass of torchmetrics.Metric",
    "TrainResult": _BY_LOG,
    "XLAStatsMonitor": "DeviceStatsMonitor",
}
"""Name to what there is instead."""

__all__ = sorted(INSTEAD)  # noqa: PLE0605  # each name of the table

globals().update({name: missing_class(name, __name__, instead) for name, instead in INSTEAD.items()})
