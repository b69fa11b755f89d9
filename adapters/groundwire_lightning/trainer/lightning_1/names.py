"""The names that a Trainer of Lightning 1 had, each with what it is called today and how it is answered."""

from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from groundwire_lightning.core.old import Old, old_method
from groundwire_lightning.core.options import HasOptions, Option
from groundwire_lightning.guests import brings, is_data_module
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.strategies import DDPStrategy
from groundwire_lightning.trainer.lightning_1.options import arguments_in, trainer_options
from groundwire_lightning.trainer.lightning_1.taking import takes_old
from groundwire_lightning.trainer.lightning_1.tuning import OldTuner, tuned
from groundwire_lightning.utilities.checked import old_keywords
from groundwire_lightning.utilities.types import LRSchedulerConfig

if TYPE_CHECKING:
    from groundwire_lightning.trainer.answering import Answering
    from groundwire_lightning.trainer.lightning_1.kept import Kept
    from groundwire_lightning.tuner import Tunable

    class Named(Answering, Tunable, Protocol):
        """A Trainer as its old names see it."""

        _kept: Kept

        @property
        def device_ids(self) -> list[int]:
            """Indices of the devices of this machine."""

        @property
        def progress_bar_callback(self) -> Any:
            """The progress bar, or None."""

        @property
        def progress_bar_metrics(self) -> dict[str, float]:
            """Values that a progress bar shows."""


_NOWHERE = "nothing; no Trainer has this here"


def _cards(trainer: Named) -> list[int] | None:
    return trainer.device_ids if trainer.device.type == "cuda" else None


def _schedulers(trainer: Named) -> list[dict[str, Any]]:
    names = [entry.name for entry in dataclasses.fields(LRSchedulerConfig)]
    return [{name: getattr(config, name) for name in names} for config in trainer.lr_scheduler_configs]


def _is_way(*kinds: type) -> Callable[[Any], bool]:
    return lambda it: isinstance(it.strategy, kinds)


def _shown(trainer: Named) -> dict[str, Any]:
    bar = trainer.progress_bar_callback
    standard = {} if bar is None else bar.get_metrics(trainer, trainer.lightning_module)
    return {**standard, **trainer.progress_bar_metrics}


def _is_implemented(trainer: Named) -> Callable[..., bool]:
    return lambda f_name, model=None: callable(getattr(model or trainer.lightning_module, f_name, None))


def _takes(trainer: Named) -> Callable[[str, str], bool]:
    def has_arg(f_name: str, arg_name: str) -> bool:
        return arg_name in inspect.signature(getattr(trainer.lightning_module, f_name)).parameters

    return has_arg


def _caller(trainer: Named) -> Callable[..., Any]:
    """Calls a hook of the callbacks, and that of the module, whose value it returns."""

    def call_hook(hook_name: str, *args: Any, **kwargs: Any) -> Any:
        module = trainer.lightning_module
        for callback in trainer.callbacks:
            if hasattr(callback, hook_name):
                getattr(callback, hook_name)(trainer, module, *args, **kwargs)
        return getattr(module, hook_name)(*args, **kwargs) if brings(module, hook_name) else None

    return call_hook


def _path_of(entry: str) -> Callable[[Any], Any]:
    return lambda it: it.ckpt_path if it._called and it._purpose == entry else None


def _alias(name: str) -> Callable[[Any], Any]:
    return lambda it: getattr(it, name)


def _as_asked(name: str) -> Callable[[Any], Any]:
    return lambda it: getattr(it._kept, name)


def _connector(new: str) -> Old:
    return Old("the public attributes of the Trainer", _alias(new))


def _job(trainer: Named) -> int | None:
    job = os.environ.get("SLURM_JOB_ID", "")
    return int(job) if job.isdigit() else None


SAME = frozenset(
    {"logdir", "running_sanity_check", "should_rank_save_checkpoint", "proc_rank", "train_loop", "training_type_plugin"}
)
"""Names whose attribute of today is the very same thing."""


class OldNames(HasOptions):
    """The names of a Trainer of Lightning 1 that are written otherwise today; each says so when it is first read."""

    _kept: Kept

    @classmethod
    def _options(cls) -> list[Option]:
        return trainer_options() if takes_old(cls) else super()._options()

    @classmethod
    def _arguments_in(cls, values: dict[str, Any]) -> dict[str, Any]:
        known = inspect.signature(cls).parameters
        return arguments_in(values, known) if takes_old(cls) else super()._arguments_in(values)

    tuner = Old("Tuner(trainer) of groundwire_lightning.tuner", OldTuner)

    @old_method("Tuner(trainer).lr_find(model), .scale_batch_size(model)")
    @old_keywords(train_dataloader="train_dataloaders")
    def tune(
        self: Named,
        model: Any,
        train_dataloaders: Any = None,
        val_dataloaders: Any = None,
        dataloaders: Any = None,
        datamodule: Any = None,
        scale_batch_size_kwargs: Mapping[str, Any] | None = None,
        lr_find_kwargs: Mapping[str, Any] | None = None,
        method: Literal["fit", "validate", "test", "predict"] = "fit",
    ) -> dict[str, Any]:
        """Look for the batch size and the learning rate that ``auto_scale_batch_size=`` and ``auto_lr_find=`` ask for.

        Args:
            model: The module.
            train_dataloaders: Loaders of ``fit``, or a data module.
            val_dataloaders: Loaders of validation.
            dataloaders: Loaders of another entry point.
            datamodule: A data module that has all loaders.
            scale_batch_size_kwargs: Further arguments of ``scale_batch_size``.
            lr_find_kwargs: Further arguments of ``lr_find``.
            method: The entry point that is tried.

        Returns:
            ``"scale_batch_size"``, the size, and ``"lr_find"``, the finder, each where it was asked for.
        """
        if is_data_module(dataloaders, LIGHTNING):  # where 1.8 and earlier had it
            dataloaders, datamodule = None, dataloaders
        data = (train_dataloaders, val_dataloaders, dataloaders, datamodule, method)
        return tuned(self, model, data, scale_batch_size_kwargs, lr_find_kwargs)

    @property
    def _weights_save_path(self) -> str | None:
        return self._kept.weights_save_path

    # devices and processes
    num_gpus = Old("num_devices", lambda it: len(_cards(it) or ()))
    root_gpu = Old("strategy.root_device.index", lambda it: it.strategy.root_device.index)
    data_parallel_device_ids = Old("device_ids", _cards)
    gpus = Old("num_devices", lambda it: len(_cards(it) or ()) or None)
    devices = Old("num_devices", _alias("num_devices"))
    num_processes = Old("world_size", _alias("world_size"))
    tpu_cores = Old(_NOWHERE, lambda it: None)
    ipus = Old(_NOWHERE, lambda it: 0)
    on_gpu = Old("strategy.root_device.type == 'cuda'", lambda it: it.device.type == "cuda")
    on_tpu = Old(_NOWHERE, lambda it: False)
    use_tpu = Old(_NOWHERE, lambda it: False)
    on_cpu = Old("strategy.root_device.type == 'cpu'", lambda it: it.device.type == "cpu")
    use_dp = Old(_NOWHERE, lambda it: False)
    use_ddp2 = Old(_NOWHERE, lambda it: False)
    use_horovod = Old(_NOWHERE, lambda it: False)
    use_ddp = Old("isinstance(trainer.strategy, DDPStrategy)", _is_way(DDPStrategy))
    use_single_gpu = Old("num_devices == 1", lambda it: len(_cards(it) or ()) == 1)
    data_parallel = Old("isinstance(trainer.strategy, DDPStrategy)", _is_way(DDPStrategy))
    distributed_backend = Old("strategy", lambda it: "ddp" if isinstance(it.strategy, DDPStrategy) else None)
    training_type_plugin = Old("strategy", _alias("strategy"))
    accelerator_backend = Old("accelerator", _alias("accelerator"))
    proc_rank = Old("global_rank", _alias("global_rank"))
    should_rank_save_checkpoint = Old("is_global_zero", _alias("is_global_zero"))
    slurm_job_id = Old("the environment variable SLURM_JOB_ID", _job)

    # precision
    use_amp = Old("precision", lambda it: str(it.precision).endswith("-mixed"))
    use_native_amp = Old("precision", lambda it: str(it.precision).endswith("-mixed"))
    amp_backend = Old("precision", lambda it: "native" if str(it.precision).endswith("-mixed") else None)

    # arguments of the constructor
    resume_from_checkpoint = Old("fit(ckpt_path=...)", _as_asked("resume_from_checkpoint"))
    weights_save_path = Old("ModelCheckpoint.dirpath", lambda it: it._kept.weights_save_path or it.default_root_dir)
    weights_summary = Old(
        "ModelSummary in callbacks", lambda it: None if it._asked["enable_model_summary"] is False else "top"
    )
    terminate_on_nan = Old(
        "EarlyStopping(check_finite=True)",
        lambda it: any(type(callback).__name__ == "FiniteOnly" for callback in it.callbacks),
    )
    track_grad_norm = Old("grad_norm in on_before_optimizer_step", _as_asked("track_grad_norm"))
    auto_lr_find = Old("Tuner(trainer).lr_find(model)", _as_asked("auto_lr_find"))
    auto_scale_batch_size = Old("Tuner(trainer).scale_batch_size(model)", _as_asked("auto_scale_batch_size"))
    truncated_bptt_steps = Old(
        "self.truncated_bptt_steps of the module",
        lambda it: it._kept.on_module.get("truncated_bptt_steps"),
    )
    reload_dataloaders_every_epoch = Old(
        "reload_dataloaders_every_n_epochs", lambda it: it.reload_dataloaders_every_n_epochs == 1
    )
    row_log_interval = Old("log_every_n_steps", _alias("log_every_n_steps"))
    max_nb_epochs = Old("max_epochs", _alias("max_epochs"))
    min_nb_epochs = Old("min_epochs", _alias("min_epochs"))
    train_percent_check = Old("limit_train_batches", _alias("limit_train_batches"))
    val_percent_check = Old("limit_val_batches", _alias("limit_val_batches"))
    test_percent_check = Old("limit_test_batches", _alias("limit_test_batches"))

    # the run
    lr_schedulers = Old("lr_scheduler_configs", _schedulers)
    logdir = Old("log_dir", _alias("log_dir"))
    train_loop = Old("fit_loop", _alias("fit_loop"))
    evaluation_loop = Old("validate_loop, test_loop", _alias("_evaluation_loop"))
    running_loss = Old("fit_loop.running_loss", lambda it: it.fit_loop.running_loss)
    running_sanity_check = Old("sanity_checking", _alias("sanity_checking"))
    disable_validation = Old("not enable_validation", lambda it: not it.enable_validation)
    tuning = Old("nothing; a trial is a run like others", lambda it: False)
    progress_bar_dict = Old("progress_bar_metrics", _shown)
    verbose_evaluate = Old("validate(verbose=...), test(verbose=...)", lambda it: True)
    batch_idx = Old("fit_loop.batch_idx", lambda it: it.fit_loop.batch_idx)
    total_batch_idx = Old("fit_loop.total_batch_idx", lambda it: it.fit_loop.total_batch_idx)
    validated_ckpt_path = Old("ckpt_path", _path_of("validate"))
    tested_ckpt_path = Old("ckpt_path", _path_of("test"))
    predicted_ckpt_path = Old("ckpt_path", _path_of("predict"))
    call_hook = Old("nothing; explain() shows which hooks run", _caller)
    is_function_implemented = Old("is_overridden of groundwire_lightning.utilities", _is_implemented)
    has_arg = Old("inspect.signature", _takes)

    # connectors, which had names without an underscore
    logger_connector = _connector("_logger_connector")
    accelerator_connector = _connector("_accelerator_connector")
    data_connector = _connector("_data_connector")
    callback_connector = _connector("_callback_connector")
    checkpoint_connector = _connector("_checkpoint_connector")
    signal_connector = _connector("_signal_connector")
