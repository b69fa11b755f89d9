"""Names of Lightning 1 within modules that are here: helpers of its own parts, each refused with what to use instead.

Nothing is imported here, for the same reason as in ``paths.py`` beside it.
"""

HELPERS: dict[tuple[str, str], dict[str, str]] = {
    ("it was a helper of Lightning's own parts", "torch's own functions"): {
        "pytorch.callbacks.progress": "convert_inf reset tqdm",
        "pytorch.callbacks.progress.rich_progress": "CustomInfiniteTask",
        "pytorch.callbacks.progress.tqdm_progress": "reset",
        "pytorch.callbacks.quantization": "wrap_qat_forward_context wrap_quantize_forward_context",
        "pytorch.core.datamodule": "track_data_hook_calls",
        "pytorch.core.optimizer": "is_lightning_optimizer",
        "pytorch.core.step_result": "choose_last collate_tensors recursive_gather recursive_stack weighted_mean",
        "pytorch.loops": "DataLoaderLoop EvaluationEpochLoop Loop ManualOptimization OptimizerLoop PredictionEpochLoop TrainingBatchLoop",
        "pytorch.metrics.functional.auroc": "AverageMethods",
        "pytorch.plugins": "Plugin Strategy TrainingTypePluginsRegistry call_training_type_register_plugins",
        "pytorch.plugins.precision.double": "LightningDoublePrecisionModule",
        "pytorch.strategies": "call_register_strategies",
        "pytorch.strategies.strategy_registry": "call_register_strategies",
        "pytorch.trainer.connectors.logger_connector.result": "ResultMetric ResultMetricCollection",
        "pytorch.trainer.connectors.signal_connector": "HandlersCompose",
        "pytorch.trainer.states": "trainer_state",
        "pytorch.trainer.supporters": "Accumulator SharedCycleIteratorState",
        "pytorch.utilities": "AMPType AllGatherGrad DeviceType DistributedType ModelSummaryMode flatten_dict",
        "pytorch.utilities.apply_func": "TransferableDataType convert_to_tensors from_numpy to_dtype_tensor",
        "pytorch.utilities.data": "get_len has_len_all_ranks",
        "pytorch.utilities.enums": "AMPType AutoRestartBatchKeys DeviceType DistributedType ModelSummaryMode PrecisionType",
        "pytorch.utilities.argparse": "ParseArgparserDataType parse_args_from_docstring",
        "pytorch.utilities.argparse_utils": "parse_args_from_docstring",
        "pytorch.utilities.memory": "get_gpu_memory_map get_memory_profile get_model_size_mb",
        "pytorch.utilities.model_helpers": "get_torchvision_model",
        "pytorch.utilities.parsing": "flatten_dict parse_class_init_keys save_hyperparameters",
    },
    ("accelerators are no processes here", "strategy= and accelerator= of the Trainer"): {
        "pytorch.accelerators": (
            "DDP2Accelerator DDPAccelerator DDPCPUHPCAccelerator DDPCPUSpawnAccelerator DDPHPCAccelerator "
            "DDPSpawnAccelerator DataParallelAccelerator HorovodAccelerator call_register_accelerators"
        ),
        "pytorch.accelerators.accelerator": "BackendType",
        "pytorch.utilities.device_parser": (
            "determine_root_gpu_device is_cuda_available num_cuda_devices parse_cpu_cores parse_gpu_ids parse_hpus "
            "parse_tpu_cores"
        ),
    },
    ("the load of a device has a callback", "lightning.pytorch.callbacks.DeviceStatsMonitor"): {
        "pytorch.accelerators.cuda": "get_nvidia_gpu_stats",
        "pytorch.accelerators.mps": "get_device_stats",
        "pytorch.callbacks.device_stats_monitor": "prefix_metric_keys prefix_metrics_keys",
        "pytorch.core.memory": "get_formatted_model_size get_gpu_memory_map get_memory_profile",
    },
    ("LightningModule has device and dtype itself", "lightning.pytorch.LightningModule"): {
        "pytorch.core.mixins": "DeviceDtypeModuleMixin"
    },
    ("hyper-parameters are written as YAML", "save_hparams_to_yaml of lightning.pytorch.core.saving"): {
        "pytorch.core.saving": "convert load_hparams_from_tags_csv save_hparams_to_tags_csv update_hparams"
    },
    ("one metric serves all numbers of classes", "the function of that name, with num_classes="): {
        "pytorch.metrics.functional": "multiclass_auroc multiclass_precision_recall_curve multiclass_roc stat_scores_multiple_classes",
        "pytorch.metrics.functional.classification": (
            "auc_decorator multiclass_auc_decorator multiclass_auroc multiclass_precision_recall_curve multiclass_roc "
            "stat_scores_multiple_classes"
        ),
    },
    ("processes work together through Accelerate", "torch.distributed, or trainer.strategy"): {
        "pytorch.plugins.environments": "BaguaEnvironment",
        "pytorch.plugins.environments.lightning_environment": "find_free_network_port",
        "pytorch.plugins.training_type.deepspeed": "LightningDeepSpeedModule remove_module_hooks",
        "pytorch.plugins.training_type.ipu": "LightningIPUModule",
        "pytorch.plugins.training_type.rpc_sequential": (
            "LightningPipeModule load_sequential_from_saved_layers register_optimizers run_optimizer "
            "save_layers_on_all_rank_zero_workers"
        ),
        "pytorch.strategies.bagua": "LightningBaguaModule",
        "pytorch.strategies.deepspeed": "LightningDeepSpeedModule remove_module_hooks",
        "pytorch.strategies.hivemind": "HiveMindScheduler",
        "pytorch.strategies.ipu": "LightningIPUModule",
        "pytorch.utilities.distributed": (
            "AllGatherGrad all_gather_ddp_if_available find_free_network_port "
            "get_default_process_group_backend_for_device init_dist_connection register_ddp_comm_hook tpu_distributed"
        ),
        "pytorch.utilities.model_summary": "DeepSpeedSummary",
    },
    ("it was for a while the name of a class with another", "the name without New"): {
        "pytorch.profiler": (
            "NewAdvancedProfiler NewPassThroughProfiler NewProfiler NewPyTorchProfiler NewSimpleProfiler NewXLAProfiler"
        )
    },
    ("runs are not ended by it", "SIGTERMException of lightning.pytorch.utilities.exceptions"): {
        "pytorch.utilities.exceptions": "DeadlockDetectedException ExitGracefullyException"
    },
    ("steps have no types of their own", "collections.abc.Callable"): {
        "pytorch.utilities.types": "PredictStep TestStep TrainingStep ValidationStep"
    },
}
"""The reason and what to use instead, to modules below ``lightning`` and the names in each."""
