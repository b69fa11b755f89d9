"""Names of Lightning 1 within modules that are here: helpers of its own parts, each refused with what to use instead.

Nothing is imported here, for the same reason as in ``paths.py`` beside it.
"""

HELPERS: dict[tuple[str, str], dict[str, str]] = {
    ("it was a helper of Lightning's own parts", "torch's own functions"): {
        "callbacks.progress": "convert_inf reset tqdm",
        "callbacks.progress.rich_progress": "CustomInfiniteTask",
        "callbacks.progress.tqdm_progress": "reset",
        "callbacks.quantization": "wrap_qat_forward_context wrap_quantize_forward_context",
        "core.datamodule": "track_data_hook_calls",
        "core.optimizer": "do_nothing_closure is_lightning_optimizer",
        "core.step_result": "choose_last collate_tensors recursive_gather recursive_stack weighted_mean",
        "loops": "DataLoaderLoop EvaluationEpochLoop Loop ManualOptimization OptimizerLoop PredictionEpochLoop TrainingBatchLoop",
        "metrics.functional.auroc": "AverageMethods",
        "plugins": "Plugin Strategy TrainingTypePluginsRegistry call_training_type_register_plugins",
        "plugins.precision.double": "LightningDoublePrecisionModule",
        "strategies": "call_register_strategies",
        "strategies.strategy_registry": "call_register_strategies",
        "trainer.connectors.logger_connector.result": "ResultMetric ResultMetricCollection",
        "trainer.connectors.signal_connector": "HandlersCompose",
        "trainer.states": "trainer_state",
        "trainer.supporters": "Accumulator SharedCycleIteratorState",
        "utilities": "AMPType AllGatherGrad DeviceType DistributedType ModelSummaryMode flatten_dict",
        "utilities.apply_func": "TransferableDataType convert_to_tensors from_numpy to_dtype_tensor",
        "utilities.data": "get_len has_len_all_ranks",
        "utilities.enums": "AMPType AutoRestartBatchKeys DeviceType DistributedType ModelSummaryMode PrecisionType",
        "utilities.memory": "get_gpu_memory_map get_memory_profile get_model_size_mb is_cudnn_snafu",
        "utilities.model_helpers": "get_torchvision_model",
        "utilities.parsing": "clean_namespace collect_init_args flatten_dict parse_class_init_keys save_hyperparameters",
    },
    ("accelerators are no processes here", "strategy= and accelerator= of the Trainer"): {
        "accelerators": (
            "DDP2Accelerator DDPAccelerator DDPCPUHPCAccelerator DDPCPUSpawnAccelerator DDPHPCAccelerator "
            "DDPSpawnAccelerator DataParallelAccelerator HorovodAccelerator call_register_accelerators"
        ),
        "accelerators.accelerator": "BackendType",
        "utilities.device_parser": (
            "determine_root_gpu_device is_cuda_available num_cuda_devices parse_cpu_cores parse_gpu_ids parse_hpus "
            "parse_tpu_cores"
        ),
    },
    ("the load of a device has a callback", "lightning.pytorch.callbacks.DeviceStatsMonitor"): {
        "accelerators.cpu": "get_cpu_stats",
        "accelerators.cuda": "get_nvidia_gpu_stats",
        "accelerators.mps": "get_device_stats",
        "callbacks.device_stats_monitor": "prefix_metric_keys prefix_metrics_keys",
        "core.memory": "get_formatted_model_size get_gpu_memory_map get_memory_profile",
    },
    ("LightningModule has device and dtype itself", "lightning.pytorch.LightningModule"): {
        "core.mixins": "DeviceDtypeModuleMixin"
    },
    ("hyper-parameters are written as YAML", "save_hparams_to_yaml of lightning.pytorch.core.saving"): {
        "core.saving": "convert load_hparams_from_tags_csv save_hparams_to_tags_csv update_hparams"
    },
    ("one metric serves all numbers of classes", "the function of that name, with num_classes="): {
        "metrics.functional": "multiclass_auroc multiclass_precision_recall_curve multiclass_roc stat_scores_multiple_classes",
        "metrics.functional.classification": (
            "auc_decorator multiclass_auc_decorator multiclass_auroc multiclass_precision_recall_curve multiclass_roc "
            "stat_scores_multiple_classes"
        ),
    },
    ("processes work together through Accelerate", "torch.distributed, or trainer.strategy"): {
        "plugins.environments": "BaguaEnvironment",
        "plugins.environments.lightning_environment": "find_free_network_port",
        "plugins.training_type.deepspeed": "LightningDeepSpeedModule remove_module_hooks",
        "plugins.training_type.ipu": "LightningIPUModule",
        "plugins.training_type.rpc_sequential": (
            "LightningPipeModule load_sequential_from_saved_layers register_optimizers run_optimizer "
            "save_layers_on_all_rank_zero_workers"
        ),
        "strategies.bagua": "LightningBaguaModule",
        "strategies.deepspeed": "LightningDeepSpeedModule remove_module_hooks",
        "strategies.hivemind": "HiveMindScheduler",
        "strategies.ipu": "LightningIPUModule",
        "utilities.distributed": (
            "AllGatherGrad all_gather_ddp_if_available find_free_network_port "
            "get_default_process_group_backend_for_device init_dist_connection register_ddp_comm_hook tpu_distributed"
        ),
        "utilities.model_summary": "DeepSpeedSummary",
    },
    ("it was for a while the name of a class with another", "the name without New"): {
        "profiler": (
            "NewAdvancedProfiler NewPassThroughProfiler NewProfiler NewPyTorchProfiler NewSimpleProfiler NewXLAProfiler"
        )
    },
    ("runs are not ended by it", "SIGTERMException of lightning.pytorch.utilities.exceptions"): {
        "utilities.exceptions": "DeadlockDetectedException ExitGracefullyException"
    },
    ("steps have no types of their own", "collections.abc.Callable"): {
        "utilities.types": "PredictStep TestStep TrainingStep ValidationStep"
    },
}
"""The reason and what to use instead, to modules below ``lightning.pytorch`` and the names in each."""
