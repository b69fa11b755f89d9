"""What Lightning 1 spelled otherwise, where Lightning 2 has exactly one spelling: data for those who rewrite code.

What became several things, or another thing, does not stand here: :mod:`groundwire_lightning.trainer.retired` has texts
that tell of it.
"""

from __future__ import annotations

from groundwire_lightning.paths import TABLE, Gap

WHY_MOVED = "it moved in Lightning 2"
"""The reason of a gap in the table of import paths whose ``instead`` is the module that took its place."""

NAMES = {
    "lightning.pytorch.accelerators.GPUAccelerator": "lightning.pytorch.accelerators.CUDAAccelerator",
    "lightning.pytorch.callbacks.ProgressBarBase": "lightning.pytorch.callbacks.ProgressBar",
    "lightning.pytorch.callbacks.progress.ProgressBarBase": "lightning.pytorch.callbacks.progress.ProgressBar",
    "lightning.pytorch.callbacks.progress.base.ProgressBarBase": "lightning.pytorch.callbacks.progress.progress_bar.ProgressBar",
    "lightning.pytorch.core.memory.ModelSummary": "lightning.pytorch.utilities.model_summary.ModelSummary",
    "lightning.pytorch.loggers.LightningLoggerBase": "lightning.pytorch.loggers.Logger",
    "lightning.pytorch.loggers.base.LightningLoggerBase": "lightning.pytorch.loggers.logger.Logger",
    "lightning.pytorch.plugins.DDPPlugin": "lightning.pytorch.strategies.DDPStrategy",
    "lightning.pytorch.plugins.training_type.DDPPlugin": "lightning.pytorch.strategies.DDPStrategy",
    "lightning.pytorch.plugins.training_type.ddp.DDPPlugin": "lightning.pytorch.strategies.ddp.DDPStrategy",
    "lightning.pytorch.profiler.BaseProfiler": "lightning.pytorch.profilers.Profiler",
    "lightning.pytorch.profiler.base.BaseProfiler": "lightning.pytorch.profilers.profiler.Profiler",
    "lightning.pytorch.trainer.supporters.CombinedLoader": "lightning.pytorch.utilities.combined_loader.CombinedLoader",
}
"""Class of Lightning 1 to the same class in Lightning 2, where its module or name changed and its meaning did not."""

ARGUMENTS: dict[str, dict[str, dict[str, str]]] = {
    "Trainer": {
        "gpus": {
            "None": "accelerator='cpu'",
            "0": "accelerator='cpu'",
            "-1": "accelerator='gpu', devices={}",
            "int": "accelerator='gpu', devices={}",
            "list": "accelerator='gpu', devices={}",
        },
        "auto_select_gpus": {"None": "", "False": ""},
        "num_processes": {"None": "", "1": "", "int": "accelerator='cpu', devices={}"},
        "tpu_cores": {"None": ""},
        "ipus": {"None": ""},
        "distributed_backend": {"None": "", "'ddp'": "strategy={}"},
        "accelerator": {"'ddp'": "strategy={}"},
        "strategy": {"None": ""},
        "replace_sampler_ddp": {"any": "use_distributed_sampler={}"},
        "checkpoint_callback": {"None": "", "True": "enable_checkpointing={}", "False": "enable_checkpointing={}"},
        "early_stop_callback": {"None": "", "False": ""},
        "resume_from_checkpoint": {"None": ""},
        "progress_bar_refresh_rate": {"None": "", "0": "enable_progress_bar=False"},
        "process_position": {"None": "", "0": ""},
        "weights_summary": {"None": "enable_model_summary=False", "'top'": "enable_model_summary=True"},
        "weights_save_path": {"None": ""},
        "auto_lr_find": {"None": "", "False": ""},
        "auto_scale_batch_size": {"None": "", "False": ""},
        "amp_backend": {"None": "", "'native'": ""},
        "amp_level": {"None": ""},
        "reload_dataloaders_every_epoch": {"True": "reload_dataloaders_every_n_epochs=1", "False": ""},
        "truncated_bptt_steps": {"None": ""},
        "automatic_optimization": {"None": "", "True": ""},
        "flush_logs_every_n_steps": {"None": ""},
        "log_gpu_memory": {"None": "", "False": ""},
        "row_log_interval": {"any": "log_every_n_steps={}"},
        "track_grad_norm": {"None": "", "-1": ""},
        "terminate_on_nan": {"None": "", "False": ""},
        "stochastic_weight_avg": {"None": "", "False": ""},
        "prepare_data_per_node": {"None": "", "True": ""},
        "multiple_trainloader_mode": {"'max_size_cycle'": ""},
        "move_metrics_to_cpu": {"None": "", "False": ""},
        "nb_gpu_nodes": {"any": "num_nodes={}"},
        "max_nb_epochs": {"any": "max_epochs={}"},
    },
    "Trainer.fit": {"train_dataloader": {"any": "train_dataloaders={}"}},
    "Trainer.validate": {"val_dataloaders": {"any": "dataloaders={}"}},
    "Trainer.test": {"test_dataloaders": {"any": "dataloaders={}"}},
}
"""Call to argument to value to the arguments that say the same today, with ``{}`` for the value as it is written.

A value is a literal, else ``int`` (1 or more), ``list``, ``str`` or ``any``. Nothing stands for a value that asked for
what happens anyway; a value that is not here has no spelling that says exactly the same.
"""

ATTRIBUTES = {"logdir": "log_dir", "running_sanity_check": "sanity_checking"}
"""Attribute of the Trainer of Lightning 1 to the same attribute today."""


def moved() -> dict[str, str]:
    """Modules and names, as Lightning 2 spells their root, to what they are called now."""
    modules = {path: row.instead for path, row in TABLE.items() if isinstance(row, Gap) and row.why == WHY_MOVED}
    return {**modules, **NAMES}
