"""Import paths and names that only Lightning 1 had, as data: the module of ours that answers for each, or why none does.

Rows read as those of :data:`groundwire_lightning.paths.TABLE`, which takes them in. A gap is a pair: the reason, and what
to use instead. Nothing of ours is imported here: the build and ``groundwire check`` read this file as it stands.
"""

import runpy
from pathlib import Path

_CALLBACKS = "groundwire_lightning.callbacks.device_stats_monitor"
_COUNTS = "groundwire_lightning.lightning_1.metrics.counts"
_CURVES = "groundwire_lightning.lightning_1.metrics.curves"
_REGRESSION = "groundwire_lightning.lightning_1.metrics.regression"
_FUNCTIONAL = "groundwire_lightning.lightning_1.metrics.functional"
_OLD_LOGGERS = "groundwire_lightning.lightning_1.loggers"
_PLUGINS = "groundwire_lightning.lightning_1.plugins"
_REFUSED = "groundwire_lightning.lightning_1.refused"
_REGISTRIES = "groundwire_lightning.lightning_1.registries"
_PROCESSES = "groundwire_lightning.lightning_1.processes"
_OLD_PROFILERS = "groundwire_lightning.lightning_1.profilers"
_PROFILERS = (
    "groundwire_lightning.profilers: PassThroughProfiler Profiler AbstractProfiler=Profiler BaseProfiler=Profiler"
)
_STAND_INS = "groundwire_lightning.trainer.stand_ins"
_CONNECTORS = "groundwire_lightning.trainer.connector_stand_ins"
_ENVIRONMENTS = "groundwire_lightning.strategies.environments"
_CLI = (
    "groundwire_lightning.cli: LightningArgumentParser LightningCLI SaveConfigCallback instantiate_class",
    f"{_REGISTRIES}: CALLBACK_REGISTRY DATAMODULE_REGISTRY LOGGER_REGISTRY LR_SCHEDULER_REGISTRY MODEL_REGISTRY OPTIMIZER_REGISTRY",
)
_RANKS = "groundwire_lightning.utilities.rank_zero: rank_zero_debug rank_zero_deprecation rank_zero_info rank_zero_only rank_zero_warn"
_METRICS = "torchmetrics: Metric MetricCollection"
_COUNTED = f"{_COUNTS}: Accuracy ConfusionMatrix F1 FBeta HammingDistance IoU Precision Recall StatScores"
_CURVED = f"{_CURVES}: AUC AUROC AveragePrecision PrecisionRecallCurve ROC"
_REGRESSED = (
    f"{_REGRESSION}: ExplainedVariance MeanAbsoluteError MeanSquaredError MeanSquaredLogError PSNR R2Score SSIM"
)
_STRATEGIES = (
    "groundwire_lightning.strategies: DDPPlugin=DDPStrategy DDPSpawnPlugin=DDPStrategy ParallelPlugin=ParallelStrategy",
    "groundwire_lightning.strategies: SingleDevicePlugin=SingleDeviceStrategy TrainingTypePlugin=Strategy",
    "groundwire_lightning.strategies: DDPFullyShardedPlugin=FSDPStrategy DeepSpeedPlugin=DeepSpeedStrategy",
    "groundwire_lightning.strategies: SingleTPUPlugin=SingleDeviceXLAStrategy TPUSpawnPlugin=XLAStrategy",
    f"{_REFUSED}: DDP2Plugin DDPShardedPlugin DDPSpawnShardedPlugin DataParallelPlugin HorovodPlugin IPUPlugin",
    f"{_REFUSED}: RPCPlugin RPCSequentialPlugin",
)
_PRECISIONS = (
    f"{_PLUGINS}: MixedPrecisionPlugin NativeMixedPrecisionPlugin",
    "groundwire_lightning.strategies.precision: DoublePrecisionPlugin=DoublePrecision PrecisionPlugin=Precision",
    "groundwire_lightning.plugins: DeepSpeedPrecisionPlugin=DeepSpeedPrecision TPUPrecisionPlugin=XLAPrecision",
    "groundwire_lightning.plugins: FullyShardedNativeMixedPrecisionPlugin=FSDPPrecision",
    "groundwire_lightning.plugins: FullyShardedNativeNativeMixedPrecisionPlugin=FSDPPrecision",
    "groundwire_lightning.plugins: TPUBf16PrecisionPlugin=XLAPrecision TPUHalfPrecisionPlugin=XLAPrecision",
    f"{_REFUSED}: ApexMixedPrecisionPlugin ColossalAIPrecisionPlugin HPUPrecisionPlugin IPUPrecisionPlugin",
    f"{_REFUSED}: ShardedNativeMixedPrecisionPlugin",
)

_ACCELERATORS = ("the Trainer's accelerators were other objects", "strategy= and accelerator= of the Trainer")
_CHIPS = ("there are no such devices here", "accelerator='gpu' or 'cpu'")
_NO_LOOPS = ("there are no loop objects to replace or restart", "hooks of a module or callback, and trainer.fit_loop")
_PARTS = ("it was a part of the Trainer, which is built otherwise here", "methods and attributes of the Trainer")
_IN_SHARDS = ("sharded training goes through Accelerate", "Accelerate's FSDP and DeepSpeed plugins")
_TPU = ("TPUs are not reached by this Trainer", "a native groundwire.Trainer under accelerate launch --tpu")
_TRICKS = ("Lightning gave it up", "torch's own functions")
_WRAPPERS = ("Accelerate wraps the module", "trainer.model, or trainer.lightning_module for the module itself")


def _all(why: tuple[str, str], modules: str) -> dict[str, tuple[str, str]]:
    """Modules that are refused for one reason."""
    return {f"lightning.pytorch.{module}": why for module in modules.split()}


PATHS: dict[str, str | tuple[str, ...]] = {
    "lightning.pytorch.callbacks.base": "groundwire_lightning.core.callback",
    "lightning.pytorch.callbacks.gpu_stats_monitor": f"{_CALLBACKS}: GPUStatsMonitor",
    "lightning.pytorch.callbacks.lr_logger": "groundwire_lightning.callbacks.lr_monitor: LearningRateLogger=LearningRateMonitor LearningRateMonitor",
    "lightning.pytorch.callbacks.progress.base": "groundwire_lightning.callbacks.progress.progress_bar: ProgressBarBase get_standard_metrics",
    "lightning.pytorch.callbacks.progress.progress": "groundwire_lightning.callbacks.progress.tqdm_progress: ProgressBar=TQDMProgressBar",
    "lightning.pytorch.callbacks.pt_callbacks": "groundwire_lightning.callbacks: Callback EarlyStopping GradientAccumulationScheduler ModelCheckpoint",
    "lightning.pytorch.callbacks.quantization": f"{_REFUSED}: QuantizationAwareTraining",
    "lightning.pytorch.callbacks.swa": "groundwire_lightning.callbacks.stochastic_weight_avg: StochasticWeightAveraging",
    "lightning.pytorch.callbacks.xla_stats_monitor": f"{_REFUSED}: XLAStatsMonitor",
    "lightning.pytorch.cluster_environments": f"{_ENVIRONMENTS}: ClusterEnvironment SLURMEnvironment TorchElasticEnvironment",
    "lightning.pytorch.cluster_environments.cluster_environment": _ENVIRONMENTS,
    "lightning.pytorch.cluster_environments.slurm_environment": _ENVIRONMENTS,
    "lightning.pytorch.cluster_environments.torchelastic_environment": _ENVIRONMENTS,
    "lightning.pytorch.core.decorators": "groundwire_lightning.lightning_1.decorators: auto_move_data data_loader parameter_validation",
    "lightning.pytorch.core.lightning": "groundwire_lightning.core.module",
    "lightning.pytorch.core.memory": "groundwire_lightning.utilities.model_summary.model_summary: LayerSummary ModelSummary UNKNOWN_SIZE get_human_readable_count parse_batch_shape",
    "lightning.pytorch.core.root_module": "groundwire_lightning.core.module: LightningModule",
    "lightning.pytorch.core.step_result": f"{_REFUSED}: EvalResult Result TrainResult",
    "lightning.pytorch.loggers.base": (
        f"{_OLD_LOGGERS}: LightningLoggerBase LoggerCollection",
        "groundwire_lightning.loggers.logger: DummyExperiment DummyLogger merge_dicts rank_zero_experiment",
        "groundwire_lightning.utilities.rank_zero: rank_zero_only",
    ),
    "lightning.pytorch.loggers.test_tube": f"{_OLD_LOGGERS}: TestTubeLogger",
    "lightning.pytorch.logging": (
        "groundwire_lightning.loggers: CometLogger MLFlowLogger NeptuneLogger TensorBoardLogger WandbLogger",
        f"{_OLD_LOGGERS}: LightningLoggerBase LoggerCollection TestTubeLogger",
    ),
    "lightning.pytorch.metrics": (_METRICS, _COUNTED, _CURVED, _REGRESSED, f"{_REFUSED}: NumpyMetric TensorMetric"),
    "lightning.pytorch.metrics.classification": (_COUNTED, _CURVED),
    "lightning.pytorch.metrics.classification.accuracy": f"{_COUNTS}: Accuracy",
    "lightning.pytorch.metrics.classification.auc": f"{_CURVES}: AUC",
    "lightning.pytorch.metrics.classification.auroc": f"{_CURVES}: AUROC",
    "lightning.pytorch.metrics.classification.average_precision": f"{_CURVES}: AveragePrecision",
    "lightning.pytorch.metrics.classification.confusion_matrix": f"{_COUNTS}: ConfusionMatrix",
    "lightning.pytorch.metrics.classification.f_beta": f"{_COUNTS}: F1 FBeta",
    "lightning.pytorch.metrics.classification.hamming_distance": f"{_COUNTS}: HammingDistance",
    "lightning.pytorch.metrics.classification.iou": f"{_COUNTS}: IoU",
    "lightning.pytorch.metrics.classification.precision_recall": f"{_COUNTS}: Precision Recall",
    "lightning.pytorch.metrics.classification.precision_recall_curve": f"{_CURVES}: PrecisionRecallCurve",
    "lightning.pytorch.metrics.classification.roc": f"{_CURVES}: ROC",
    "lightning.pytorch.metrics.classification.stat_scores": f"{_COUNTS}: StatScores",
    "lightning.pytorch.metrics.compositional": "torchmetrics.metric: CompositionalMetric",
    "lightning.pytorch.metrics.functional": (
        f"{_FUNCTIONAL}: accuracy auc auroc average_precision bleu_score class_reduce confusion_matrix dice_score",
        f"{_FUNCTIONAL}: embedding_similarity explained_variance f1 fbeta get_num_classes hamming_distance image_gradients",
        f"{_FUNCTIONAL}: iou mean_absolute_error mean_squared_error mean_squared_log_error precision precision_recall",
        f"{_FUNCTIONAL}: precision_recall_curve psnr r2score recall reduce roc ssim stat_scores to_categorical to_onehot",
    ),
    **{
        f"lightning.pytorch.metrics.functional.{leaf}": f"{_FUNCTIONAL}: {names}"
        for leaf, names in {
            "accuracy": "accuracy",
            "auc": "auc",
            "auroc": "auroc",
            "average_precision": "average_precision",
            "classification": "accuracy auc auroc average_precision confusion_matrix dice_score get_num_classes iou precision precision_recall precision_recall_curve recall roc stat_scores to_categorical to_onehot",
            "confusion_matrix": "confusion_matrix",
            "explained_variance": "explained_variance",
            "f_beta": "f1 fbeta",
            "hamming_distance": "hamming_distance",
            "image_gradients": "image_gradients",
            "iou": "iou",
            "mean_absolute_error": "mean_absolute_error",
            "mean_squared_error": "mean_squared_error",
            "mean_squared_log_error": "mean_squared_log_error",
            "nlp": "bleu_score",
            "precision_recall": "precision precision_recall recall",
            "precision_recall_curve": "precision_recall_curve",
            "psnr": "psnr",
            "r2score": "r2score",
            "reduction": "class_reduce reduce",
            "roc": "roc",
            "self_supervised": "embedding_similarity",
            "ssim": "ssim",
            "stat_scores": "stat_scores",
        }.items()
    },
    "lightning.pytorch.metrics.metric": (_METRICS, f"{_REFUSED}: NumpyMetric TensorMetric"),
    "lightning.pytorch.metrics.regression": _REGRESSED,
    "lightning.pytorch.metrics.regression.explained_variance": f"{_REGRESSION}: ExplainedVariance",
    "lightning.pytorch.metrics.regression.mean_absolute_error": f"{_REGRESSION}: MeanAbsoluteError",
    "lightning.pytorch.metrics.regression.mean_squared_error": f"{_REGRESSION}: MeanSquaredError",
    "lightning.pytorch.metrics.regression.mean_squared_log_error": f"{_REGRESSION}: MeanSquaredLogError",
    "lightning.pytorch.metrics.regression.psnr": f"{_REGRESSION}: PSNR",
    "lightning.pytorch.metrics.regression.r2score": f"{_REGRESSION}: R2Score",
    "lightning.pytorch.metrics.regression.ssim": f"{_REGRESSION}: SSIM",
    "lightning.pytorch.metrics.utils": (
        f"{_FUNCTIONAL}: class_reduce get_num_classes reduce to_categorical to_onehot",
        "torchmetrics.utilities.data: dim_zero_cat dim_zero_mean dim_zero_sum select_topk",
    ),
    "lightning.pytorch.plugins.ddp_plugin": "groundwire_lightning.strategies: DDPPlugin=DDPStrategy",
    "lightning.pytorch.plugins.environments.cluster_environment": _ENVIRONMENTS,
    "lightning.pytorch.plugins.environments.kubeflow_environment": _ENVIRONMENTS,
    "lightning.pytorch.plugins.environments.lsf_environment": _ENVIRONMENTS,
    "lightning.pytorch.plugins.environments.torchelastic_environment": _ENVIRONMENTS,
    "lightning.pytorch.plugins.environments.xla_environment": _ENVIRONMENTS,
    "lightning.pytorch.plugins.native_amp": f"{_PLUGINS}: NativeAMPPlugin=NativeMixedPrecisionPlugin",
    "lightning.pytorch.plugins.precision.apex_amp": f"{_REFUSED}: ApexMixedPrecisionPlugin",
    "lightning.pytorch.plugins.precision.colossalai": f"{_REFUSED}: ColossalAIPrecisionPlugin",
    "lightning.pytorch.plugins.precision.deepspeed_precision": "groundwire_lightning.plugins: DeepSpeedPrecisionPlugin=DeepSpeedPrecision",
    "lightning.pytorch.plugins.precision.fsdp_native_native_amp": "groundwire_lightning.plugins: FullyShardedNativeNativeMixedPrecisionPlugin=FSDPPrecision",
    "lightning.pytorch.plugins.precision.fully_sharded_native_amp": "groundwire_lightning.plugins: FullyShardedNativeMixedPrecisionPlugin=FSDPPrecision",
    "lightning.pytorch.plugins.precision.hpu": f"{_REFUSED}: HPUPrecisionPlugin",
    "lightning.pytorch.plugins.precision.ipu": f"{_REFUSED}: IPUPrecisionPlugin",
    "lightning.pytorch.plugins.precision.ipu_precision": f"{_REFUSED}: IPUPrecisionPlugin",
    "lightning.pytorch.plugins.precision.mixed": f"{_PLUGINS}: MixedPrecisionPlugin",
    "lightning.pytorch.plugins.precision.native_amp": f"{_PLUGINS}: MixedPrecisionPlugin NativeMixedPrecisionPlugin",
    "lightning.pytorch.plugins.precision.precision_plugin": "groundwire_lightning.strategies.precision: PrecisionPlugin=Precision",
    "lightning.pytorch.plugins.precision.sharded_native_amp": f"{_REFUSED}: ShardedNativeMixedPrecisionPlugin",
    "lightning.pytorch.plugins.precision.tpu": "groundwire_lightning.plugins: TPUPrecisionPlugin=XLAPrecision",
    "lightning.pytorch.plugins.precision.tpu_bf16": "groundwire_lightning.plugins: TPUBf16PrecisionPlugin=XLAPrecision",
    "lightning.pytorch.plugins.precision.tpu_bfloat": "groundwire_lightning.plugins: TPUHalfPrecisionPlugin=XLAPrecision",
    "lightning.pytorch.plugins.precision_plugin": "groundwire_lightning.strategies.precision: PrecisionPlugin=Precision",
    "lightning.pytorch.plugins.training_type": _STRATEGIES,
    **{
        f"lightning.pytorch.plugins.training_type.{leaf}": f"groundwire_lightning.plugins: {name}"
        for leaf, name in {
            "ddp": "DDPPlugin",
            "ddp2": "DDP2Plugin",
            "ddp_spawn": "DDPSpawnPlugin",
            "deepspeed": "DeepSpeedPlugin",
            "dp": "DataParallelPlugin",
            "fully_sharded": "DDPFullyShardedPlugin",
            "horovod": "HorovodPlugin",
            "ipu": "IPUPlugin",
            "parallel": "ParallelPlugin",
            "rpc": "RPCPlugin",
            "rpc_sequential": "RPCSequentialPlugin",
            "sharded": "DDPShardedPlugin",
            "sharded_spawn": "DDPSpawnShardedPlugin",
            "single_device": "SingleDevicePlugin",
            "single_tpu": "SingleTPUPlugin",
            "tpu_spawn": "TPUSpawnPlugin",
            "training_type_plugin": "TrainingTypePlugin",
        }.items()
    },
    "lightning.pytorch.profiler": (
        _PROFILERS,
        f"{_OLD_PROFILERS}: AdvancedProfiler PyTorchProfiler SimpleProfiler",
        "groundwire_lightning.profilers: XLAProfiler",
        "groundwire_lightning.utilities.rank_zero: rank_zero_deprecation",
    ),
    "lightning.pytorch.profiler.advanced": f"{_OLD_PROFILERS}: AdvancedProfiler",
    "lightning.pytorch.profiler.base": _PROFILERS,
    "lightning.pytorch.profiler.profiler": "groundwire_lightning.profilers: Profiler",
    "lightning.pytorch.profiler.profilers": (_PROFILERS, f"{_OLD_PROFILERS}: AdvancedProfiler SimpleProfiler"),
    "lightning.pytorch.profiler.pytorch": (
        f"{_OLD_PROFILERS}: PyTorchProfiler",
        "groundwire_lightning.profilers.pytorch: RegisterRecordFunction ScheduleWrapper",
    ),
    "lightning.pytorch.profiler.simple": f"{_OLD_PROFILERS}: SimpleProfiler",
    "lightning.pytorch.profiler.xla": "groundwire_lightning.profilers: XLAProfiler",
    "lightning.pytorch.root_module": "groundwire_lightning.core.module: LightningModule",
    "lightning.pytorch.root_module.root_module": "groundwire_lightning.core.module: LightningModule",
    "lightning.pytorch.strategies.bagua": f"{_REFUSED}: BaguaStrategy",
    "lightning.pytorch.strategies.colossalai": f"{_REFUSED}: ColossalAIStrategy",
    "lightning.pytorch.strategies.ddp2": f"{_REFUSED}: DDP2Strategy",
    "lightning.pytorch.strategies.ddp_spawn": "groundwire_lightning.strategies: DDPSpawnStrategy=DDPStrategy",
    "lightning.pytorch.strategies.dp": f"{_REFUSED}: DataParallelStrategy",
    "lightning.pytorch.strategies.fully_sharded": "groundwire_lightning.strategies: DDPFullyShardedStrategy=FSDPStrategy",
    "lightning.pytorch.strategies.fully_sharded_native": "groundwire_lightning.strategies: DDPFullyShardedNativeStrategy=FSDPStrategy",
    "lightning.pytorch.strategies.hivemind": f"{_REFUSED}: HivemindStrategy",
    "lightning.pytorch.strategies.horovod": f"{_REFUSED}: HorovodStrategy",
    "lightning.pytorch.strategies.hpu_parallel": f"{_REFUSED}: HPUParallelStrategy",
    "lightning.pytorch.strategies.ipu": f"{_REFUSED}: IPUStrategy",
    "lightning.pytorch.strategies.sharded": f"{_REFUSED}: DDPShardedStrategy",
    "lightning.pytorch.strategies.sharded_spawn": f"{_REFUSED}: DDPSpawnShardedStrategy",
    "lightning.pytorch.strategies.single_hpu": f"{_REFUSED}: SingleHPUStrategy",
    "lightning.pytorch.strategies.single_tpu": "groundwire_lightning.strategies: SingleTPUStrategy=SingleDeviceXLAStrategy",
    "lightning.pytorch.strategies.strategy_registry": "groundwire_lightning.strategies: StrategyRegistry",
    "lightning.pytorch.strategies.tpu_spawn": "groundwire_lightning.strategies: TPUSpawnStrategy=XLAStrategy",
    "lightning.pytorch.trainer.supporters": "groundwire_lightning.utilities.combined_loader: CombinedLoader",
    "lightning.pytorch.tuner.auto_gpu_select": "groundwire_lightning.accelerators: pick_multiple_gpus=find_usable_cuda_devices",
    "lightning.pytorch.utilities.argparse_utils": "groundwire_lightning.core.options: add_argparse_args from_argparse_args get_init_arguments_and_types parse_argparser parse_env_variables",
    "lightning.pytorch.utilities.cli": _CLI,
    "lightning.pytorch.utilities.distributed": "groundwire_lightning.utilities.distributed",
    "lightning.pytorch.utilities.model_utils": "groundwire_lightning.guests: is_overridden",
    "lightning.pytorch.utilities.warning_utils": "groundwire_lightning.utilities.rank_zero: WarningCache",
}
"""Paths of modules, spelled below Lightning 2's root."""

NAMES: dict[str, str | tuple[str, ...]] = {
    "lightning.pytorch": (
        "groundwire_lightning.lightning_1.decorators: data_loader",
        f"{_REFUSED}: EvalResult TrainResult",
    ),
    "lightning.pytorch.accelerators": (
        "groundwire_lightning.accelerators: GPUAccelerator=CUDAAccelerator TPUAccelerator=XLAAccelerator",
        f"{_REFUSED}: HPUAccelerator IPUAccelerator",
    ),
    "lightning.pytorch.callbacks": (
        f"{_CALLBACKS}: GPUStatsMonitor",
        "groundwire_lightning.callbacks.lr_monitor: LearningRateLogger=LearningRateMonitor",
        "groundwire_lightning.callbacks.progress.progress_bar: ProgressBarBase",
        f"{_REFUSED}: QuantizationAwareTraining XLAStatsMonitor",
    ),
    "lightning.pytorch.callbacks.progress": "groundwire_lightning.callbacks.progress.progress_bar: ProgressBarBase",
    "lightning.pytorch.core.saving": f"{_REFUSED}: ModelIO",
    "lightning.pytorch.loggers": f"{_OLD_LOGGERS}: LightningLoggerBase LoggerCollection TestTubeLogger",
    "lightning.pytorch.loggers.logger": f"{_OLD_LOGGERS}: LoggerCollection",
    "lightning.pytorch.loops": f"{_STAND_INS}: EvaluationLoop FitLoop PredictionLoop TrainingEpochLoop=EpochLoop",
    "lightning.pytorch.loops.fit_loop": f"{_STAND_INS}: FitLoop",
    "lightning.pytorch.plugins": (
        *_STRATEGIES,
        *_PRECISIONS,
        "groundwire_lightning.checkpoints.io: TorchCheckpointIO",
        "groundwire_lightning.strategies.layer_sync: NativeSyncBatchNorm=TorchSyncBatchNorm",
        f"{_PLUGINS}: NativeAMPPlugin=NativeMixedPrecisionPlugin",
        f"{_REFUSED}: HPUCheckpointIO",
    ),
    "lightning.pytorch.plugins.io": f"{_REFUSED}: HPUCheckpointIO",
    "lightning.pytorch.plugins.layer_sync": "groundwire_lightning.strategies.layer_sync: NativeSyncBatchNorm=TorchSyncBatchNorm",
    "lightning.pytorch.strategies.layer_sync": "groundwire_lightning.strategies.layer_sync: NativeSyncBatchNorm=TorchSyncBatchNorm",
    "lightning.pytorch.plugins.precision": _PRECISIONS,
    "lightning.pytorch.plugins.precision.deepspeed": "groundwire_lightning.plugins: DeepSpeedPrecisionPlugin=DeepSpeedPrecision",
    "lightning.pytorch.plugins.precision.double": "groundwire_lightning.strategies.precision: DoublePrecisionPlugin=DoublePrecision",
    "lightning.pytorch.profilers": "groundwire_lightning.profilers: AbstractProfiler=Profiler BaseProfiler=Profiler",
    "lightning.pytorch.profilers.base": "groundwire_lightning.profilers: AbstractProfiler=Profiler BaseProfiler=Profiler",
    "lightning.pytorch.strategies": (
        "groundwire_lightning.strategies: DDPFullyShardedNativeStrategy=FSDPStrategy DDPFullyShardedStrategy=FSDPStrategy",
        "groundwire_lightning.strategies: DDPSpawnStrategy=DDPStrategy SingleTPUStrategy=SingleDeviceXLAStrategy",
        "groundwire_lightning.strategies: TPUSpawnStrategy=XLAStrategy",
        f"{_REFUSED}: BaguaStrategy ColossalAIStrategy DDP2Strategy DDPShardedStrategy DDPSpawnShardedStrategy",
        f"{_REFUSED}: DataParallelStrategy HPUParallelStrategy HivemindStrategy HorovodStrategy IPUStrategy",
        f"{_REFUSED}: SingleHPUStrategy",
    ),
    "lightning.pytorch.trainer.connectors.accelerator_connector": f"{_CONNECTORS}: AcceleratorConnector",
    "lightning.pytorch.trainer.connectors.callback_connector": f"{_CONNECTORS}: CallbackConnector",
    "lightning.pytorch.trainer.connectors.checkpoint_connector": f"{_CONNECTORS}: CheckpointConnector",
    "lightning.pytorch.trainer.connectors.data_connector": f"{_CONNECTORS}: DataConnector",
    "lightning.pytorch.trainer.connectors.logger_connector": f"{_CONNECTORS}: LoggerConnector",
    "lightning.pytorch.trainer.connectors.logger_connector.logger_connector": f"{_CONNECTORS}: LoggerConnector",
    "lightning.pytorch.trainer.connectors.logger_connector.result": f"{_STAND_INS}: ResultCollection=Results",
    "lightning.pytorch.trainer.connectors.signal_connector": f"{_CONNECTORS}: SignalConnector",
    "lightning.pytorch.utilities.apply_func": "lightning_utilities.core.apply_func: apply_to_collection apply_to_collections",
    "lightning.pytorch.utilities": "groundwire_lightning.utilities.rank_zero: WarningCache",
    "lightning.pytorch.utilities.cloud_io": "groundwire_lightning.lightning_1.files: atomic_save load",
    "lightning.pytorch.utilities.distributed": (
        _RANKS,
        f"{_PROCESSES}: ReduceOp distributed_available sync_ddp sync_ddp_if_available",
        "torchmetrics.utilities.distributed: gather_all_tensors",
    ),
    "lightning.pytorch.utilities.model_summary.model_summary": "groundwire_lightning.utilities.model_summary.table: get_formatted_model_size",
    "lightning.pytorch.utilities.parsing": "groundwire_lightning.core.options: str_to_bool str_to_bool_or_int str_to_bool_or_str",
    "lightning.pytorch.utilities.seed": "groundwire_lightning.utilities.seed: pl_worker_init_function=start_worker",
    "lightning.pytorch.utilities.types": "groundwire_lightning.lightning_1.epoch_ends: EPOCH_OUTPUT",
    "lightning.pytorch.utilities.warnings": (
        "groundwire_lightning.errors: LightningDeprecationWarning",
        "groundwire_lightning.utilities.rank_zero: WarningCache rank_zero_deprecation rank_zero_warn",
    ),
}
"""Names that paths of Lightning 2 had besides."""

NOW = {
    "torchmetrics": "torchmetrics",
    "torchmetrics.metric": "torchmetrics.metric",
    "torchmetrics.utilities.data": "torchmetrics.utilities.data",
    "torchmetrics.utilities.distributed": "LightningModule.all_gather, or torchmetrics.utilities.distributed",
    "lightning_utilities.core.apply_func": "lightning_utilities.core.apply_func",
    _COUNTS: "torchmetrics, with task=",
    _CURVES: "torchmetrics, with task=",
    _REGRESSION: "torchmetrics",
    _FUNCTIONAL: "torchmetrics.functional, with task= where it classifies",
    f"{_CALLBACKS}.GPUStatsMonitor": "lightning.pytorch.callbacks.DeviceStatsMonitor",
    "groundwire_lightning.callbacks.progress.progress_bar.ProgressBarBase": "lightning.pytorch.callbacks.ProgressBar",
    _OLD_LOGGERS: "lightning.pytorch.loggers.Logger, and a list of loggers for the Trainer",
    _PLUGINS: "lightning.pytorch.plugins.MixedPrecision",
    _OLD_PROFILERS: "lightning.pytorch.profilers",
    "groundwire_lightning.utilities.distributed": "lightning.fabric.utilities.distributed",
    _PROCESSES: "trainer.strategy.reduce, and torch.distributed",
    _REGISTRIES: "nothing, as lightning.pytorch.cli finds classes that are imported",
    "groundwire_lightning.lightning_1.decorators.data_loader": "the method without it",
    "groundwire_lightning.lightning_1.decorators": "torch.no_grad, and the method itself",
    "groundwire_lightning.lightning_1.files": "torch.load and torch.save",
    "groundwire_lightning.lightning_1.epoch_ends.EPOCH_OUTPUT": "list",
    **{
        f"groundwire_lightning.core.options.{name}": "the standard library"
        for name in ("str_to_bool", "str_to_bool_or_int", "str_to_bool_or_str")
    },
}
"""A home, or a name in it, that Lightning 2 has under no path to what takes its place there."""

GAPS: dict[str, tuple[str, str]] = {
    **_all(
        _ACCELERATORS,
        """
        accelerators.accelerator_connector accelerators.cpu_accelerator accelerators.ddp2_accelerator
        accelerators.ddp_accelerator accelerators.ddp_cpu_hpc_accelerator accelerators.ddp_cpu_spawn_accelerator
        accelerators.ddp_hpc_accelerator accelerators.ddp_spawn_accelerator accelerators.dp_accelerator
        accelerators.gpu accelerators.gpu_accelerator accelerators.horovod_accelerator accelerators.registry
    """,
    ),
    **_all(_CHIPS, "accelerators.hpu accelerators.ipu plugins.io.hpu_plugin"),
    **_all(_TPU, "accelerators.tpu accelerators.tpu_accelerator utilities.xla_device utilities.xla_device_utils"),
    "lightning.pytorch.callbacks.fault_tolerance": (
        "runs are not restarted within an epoch by it",
        "fit(ckpt_path=...)",
    ),
    "lightning.pytorch.cli_lightning_logo": ("there is no logo", "nothing"),
    "lightning.pytorch.core.grads": ("norms of gradients have a function", "lightning.pytorch.utilities.grad_norm"),
    "lightning.pytorch.core.mixins.device_dtype_mixin": (
        "LightningModule has device and dtype itself",
        "lightning.pytorch.LightningModule",
    ),
    "lightning.pytorch.distributed": ("values are broadcast by the strategy", "trainer.strategy.broadcast"),
    "lightning.pytorch.info": ("it was data of Lightning's own installation", "importlib.metadata"),
    "lightning.pytorch.lite": ("it is Fabric in Lightning 2, which is not here", "accelerate.Accelerator"),
    **_all(_NO_LOOPS, "loops.base loops.batch loops.dataloader loops.epoch"),
    "lightning.pytorch.metrics.classification.helpers": ("it was a part of old metrics", "torchmetrics"),
    "lightning.pytorch.metrics.functional.mean_relative_error": (
        "it was left out of metrics later",
        "torchmetrics.functional.mean_absolute_percentage_error",
    ),
    "lightning.pytorch.plugins.apex": ("Lightning 2 gave Apex up", "precision='16-mixed'"),
    "lightning.pytorch.plugins.base_plugin": ("plugins have no common base", "lightning.pytorch.strategies.Strategy"),
    "lightning.pytorch.plugins.environments.bagua_environment": _IN_SHARDS,
    **_all(
        _PARTS,
        """
        plugins.plugin_connector plugins.training_type.utils strategies.utils trainer.callback_hook
        trainer.connectors.debugging_connector trainer.connectors.env_vars_connector
        trainer.connectors.logger_connector.callback_hook_validator
        trainer.connectors.logger_connector.epoch_result_store trainer.connectors.logger_connector.metrics_holder
        trainer.connectors.model_connector trainer.connectors.optimizer_connector
        trainer.connectors.precision_connector trainer.connectors.profiler_connector
        trainer.connectors.slurm_connector trainer.connectors.training_trick_connector trainer.data_loading
        trainer.deprecated_api trainer.evaluation_loop trainer.ignored_warnings trainer.logging trainer.model_hooks
        trainer.optimizers trainer.predict_loop trainer.progress trainer.properties
        trainer.supporters.CombinedDataset trainer.training_loop trainer.training_tricks utilities.logger
        utilities.metrics utilities.optimizer
    """,
    ),
    "lightning.pytorch.plugins.plugins_registry": ("strategies are not registered", "strategy= of the Trainer"),
    "lightning.pytorch.setup_tools": ("it was a tool of Lightning's own installation", "importlib.metadata"),
    "lightning.pytorch.trainer.supporters.CombinedLoaderIterator": (
        "a loader is its own iterator",
        "iter(CombinedLoader(...))",
    ),
    "lightning.pytorch.trainer.supporters.CycleIterator": (
        "loaders are repeated by the combined one",
        "CombinedLoader(loaders, mode='max_size_cycle')",
    ),
    "lightning.pytorch.trainer.supporters.PredictionCollection": (
        "predictions go to a callback",
        "lightning.pytorch.callbacks.BasePredictionWriter",
    ),
    "lightning.pytorch.trainer.supporters.TensorRunningAccum": (
        "metrics have running ones",
        "torchmetrics.RunningMean",
    ),
    "lightning.pytorch.tuner.auto_gpu_select.pick_single_gpu": (
        "cards are asked for by number",
        "find_usable_cuda_devices(1) of lightning.pytorch.accelerators",
    ),
    "lightning.pytorch.utilities.auto_restart": (
        "runs are not restarted within an epoch by it",
        "state_dict of a stateful loader",
    ),
    **_all(_TRICKS, "utilities.debugging utilities.finite_checks"),
    "lightning.pytorch.utilities.device_dtype_mixin": (
        "LightningModule has device and dtype itself",
        "lightning.pytorch.LightningModule",
    ),
    "lightning.pytorch.utilities.fetching": (
        "loaders are not wrapped by fetchers",
        "dataloader_iter as the argument of a step",
    ),
    "lightning.pytorch.utilities.meta": ("torch makes modules without weights", "torch.device('meta')"),
}
"""Paths of modules, and of names in them, to the reason why they are not here and to what to use instead."""

_HELPERS = runpy.run_path(str(Path(__file__).with_name("helpers.py")))["HELPERS"]
for _why, _modules in _HELPERS.items():
    for _module, _names in _modules.items():
        GAPS |= {f"lightning.{_module}.{name}": _why for name in _names.split()}
WIDENED = {*NAMES, *(f"lightning.{module}" for modules in _HELPERS.values() for module in modules)}
"""Paths to which names were added, which are here or refused."""
