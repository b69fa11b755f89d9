"""Names of Lightning 1.x that a Trainer had: each a gap that says what replaced it, and how that is spelled."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from inspect import signature
from typing import Any, NoReturn

from groundwire import did_you_mean, listeners
from groundwire_lightning.errors import NotSupportedYetError
from groundwire_lightning.paths import TABLE, Gap

ENVIRONMENT_PREFIX = "PL_TRAINER_"
"""The beginning of the environment variables that stand for arguments that a call leaves out, as in Lightning."""

_DEVICES = "accelerator='gpu' and devices="
_TUNER = "groundwire_lightning.tuner.Tuner"
RETIRED_ARGUMENTS = {
    "gpus": _DEVICES,
    "auto_select_gpus": f"{_DEVICES}find_usable_cuda_devices(number) of groundwire_lightning.accelerators",
    "num_processes": "accelerator='cpu' and devices=",
    "tpu_cores": "accelerator='tpu', which is not supported here",
    "ipus": "nothing; Lightning 2 dropped them",
    "distributed_backend": "strategy=",
    "replace_sampler_ddp": "use_distributed_sampler=",
    "checkpoint_callback": "enable_checkpointing=, and ModelCheckpoint in callbacks=",
    "early_stop_callback": "EarlyStopping in callbacks=",
    "resume_from_checkpoint": "fit(ckpt_path=...)",
    "progress_bar_refresh_rate": "TQDMProgressBar(refresh_rate=...) in callbacks=, or enable_progress_bar=False for 0",
    "process_position": "TQDMProgressBar(process_position=...) in callbacks=",
    "weights_summary": "enable_model_summary=, and ModelSummary(max_depth=...) in callbacks=",
    "weights_save_path": "default_root_dir=, or ModelCheckpoint(dirpath=...) in callbacks=",
    "auto_lr_find": f"{_TUNER}(trainer).lr_find(model)",
    "auto_scale_batch_size": f"{_TUNER}(trainer).scale_batch_size(model)",
    "amp_level": "precision=; apex is gone",
    "amp_backend": "precision=; apex is gone",
    "reload_dataloaders_every_epoch": "reload_dataloaders_every_n_epochs=1",
    "truncated_bptt_steps": "a loop over the parts in training_step, with automatic_optimization = False",
    "automatic_optimization": "self.automatic_optimization = False in the module",
    "flush_logs_every_n_steps": "an argument of the logger",
    "log_gpu_memory": "DeviceStatsMonitor in callbacks=",
    "log_save_interval": "an argument of the logger",
    "row_log_interval": "log_every_n_steps=",
    "track_grad_norm": "groundwire_lightning.utilities.grad_norm in on_before_optimizer_step",
    "terminate_on_nan": "detect_anomaly=, or EarlyStopping(check_finite=True)",
    "stochastic_weight_avg": "StochasticWeightAveraging in callbacks=",
    "prepare_data_per_node": "the attribute prepare_data_per_node of module or data module",
    "multiple_trainloader_mode": "CombinedLoader(loaders, mode=...) from train_dataloader",
    "move_metrics_to_cpu": "nothing; values stay on their device until they are read",
    "nb_gpu_nodes": "num_nodes=",
    "max_nb_epochs": "max_epochs=",
}
"""Argument of an earlier Lightning to what replaced it."""

RETIRED_NAMES = {
    "num_gpus": "num_devices",
    "root_gpu": "strategy.root_device",
    "logdir": "log_dir",
    "lr_schedulers": "lr_scheduler_configs",
    "resume_from_checkpoint": "ckpt_path",
    "weights_save_path": "default_root_dir",
    "tune": f"{_TUNER}(trainer)",
    "tuner": f"{_TUNER}(trainer)",
    "training_type_plugin": "strategy",
    "use_amp": "precision",
    "data_parallel": "strategy",
    "train_loop": "fit_loop",
    "call_hook": "nothing; explain() shows which hooks run",
    "running_sanity_check": "sanity_checking",
    "disable_validation": "enable_validation",
    "optimizer_frequencies": "automatic_optimization = False in the module",
    "should_rank_save_checkpoint": "is_global_zero",
}
"""Attribute or method of an earlier Lightning to what replaced it."""


# what has exactly one new spelling

WHY_MOVED = "it moved in Lightning 2"
"""The reason of a gap in the table of import paths whose ``instead`` is the module that took its place."""

MOVED_NAMES = {
    "lightning.pytorch.accelerators.GPUAccelerator": "lightning.pytorch.accelerators.CUDAAccelerator",
    "lightning.pytorch.callbacks.ProgressBarBase": "lightning.pytorch.callbacks.ProgressBar",
    "lightning.pytorch.callbacks.progress.ProgressBarBase": "lightning.pytorch.callbacks.progress.ProgressBar",
    "lightning.pytorch.callbacks.progress.base.ProgressBarBase": (
        "lightning.pytorch.callbacks.progress.progress_bar.ProgressBar"
    ),
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

RESPELLED_ARGUMENTS: dict[str, dict[str, dict[str, str]]] = {
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

RESPELLED_ATTRIBUTES = {"logdir": "log_dir", "running_sanity_check": "sanity_checking"}
"""Attribute of the Trainer of Lightning 1 to the same attribute today."""


def moved() -> dict[str, str]:
    """Modules and names, as Lightning 2 spells their root, to what they are called now."""
    modules = {path: row.instead for path, row in TABLE.items() if isinstance(row, Gap) and row.why == WHY_MOVED}
    return {**modules, **MOVED_NAMES}


# what is refused


def refusing_retired(init: Callable[..., None]) -> Callable[..., None]:
    """A constructor that says of an unknown argument which was meant, and looks for others in the environment.

    Args:
        init: It takes named arguments.
    """
    known = [name for name in signature(init).parameters if name != "self"]

    @wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        if args:
            raise TypeError(f"{type(self).__qualname__}: arguments are named; {args[0]!r} stands alone")
        for name in kwargs:
            if name not in known:
                text = f"{type(self).__qualname__}: there is no argument {name!r}.{_meant(name, known)}"
                listeners.tell_of_lacking("argument", text)
                raise TypeError(text)
        init(self, **{**_arguments_of_environment(known), **kwargs})
        for listener in listeners.BUILT:
            listener(self)

    return checked


def removed_classmethod(name: str, instead: str) -> Any:
    """A class method that stands in the place of one that Lightning 2 removed, and refuses to be called.

    Args:
        name: The method.
        instead: What to do, with ``{cls}`` for the name of the class.
    """

    def refuse(cls: type, *args: Any, **kwargs: Any) -> NoReturn:
        way_out = instead.format(cls=cls.__qualname__)
        raise NotSupportedYetError(f"{cls.__qualname__}.{name}: Lightning 2 removed it. Instead: {way_out}")

    refuse.__name__, refuse.__doc__ = name, f"Refused: Lightning 2 removed it. Instead: {instead}."
    return classmethod(refuse)


def _meant(name: str, known: list[str]) -> str:
    if name in RETIRED_ARGUMENTS:
        return f" Lightning 2 removed it. Instead: {RETIRED_ARGUMENTS[name]}"
    return did_you_mean(name, known)


def _arguments_of_environment(known: list[str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for name in known:
        text = os.environ.get(f"{ENVIRONMENT_PREFIX}{name.upper()}")
        if text:
            arguments[name] = text
            with suppress(ValueError, SyntaxError):  # a word, such as "gpu", stays as it is
                arguments[name] = ast.literal_eval(text)
    return arguments
