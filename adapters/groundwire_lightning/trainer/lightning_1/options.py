"""The options of a Trainer on a command line: those of Lightning 1.9, and those that earlier releases had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from groundwire_lightning.core.options import Option
from groundwire_lightning.trainer.arguments import ARGUMENTS
from groundwire_lightning.trainer.lightning_1.rows import OLD_ARGUMENTS

_NONE = type(None)
_FLAG, _WHOLE, _WORD = (bool,), (int,), (str,)
_MAYBE_FLAG, _MAYBE_WHOLE, _MAYBE_WORD = (bool, _NONE), (int, _NONE), (str, _NONE)
_NUMBER, _MAYBE_NUMBER = (int, float), (int, float, _NONE)
_LISTED = (list, str, int, _NONE)
_GONE = object()

_OF_1_9: tuple[tuple[str, tuple[Any, ...], Any], ...] = (
    ("logger", _FLAG, True),
    ("enable_checkpointing", _FLAG, True),
    ("callbacks", (list, _NONE), None),
    ("default_root_dir", _MAYBE_WORD, None),
    ("gradient_clip_val", _MAYBE_NUMBER, None),
    ("gradient_clip_algorithm", _MAYBE_WORD, None),
    ("num_nodes", _WHOLE, 1),
    ("num_processes", _MAYBE_WHOLE, None),
    ("devices", _LISTED, None),
    ("gpus", _LISTED, None),
    ("auto_select_gpus", _MAYBE_FLAG, None),
    ("tpu_cores", _LISTED, None),
    ("ipus", _MAYBE_WHOLE, None),
    ("enable_progress_bar", _FLAG, True),
    ("overfit_batches", _NUMBER, 0.0),
    ("track_grad_norm", (int, float, str), -1),
    ("check_val_every_n_epoch", _MAYBE_WHOLE, 1),
    ("fast_dev_run", (int, bool), False),
    ("accumulate_grad_batches", (int, dict, _NONE), None),
    ("max_epochs", _MAYBE_WHOLE, None),
    ("min_epochs", _MAYBE_WHOLE, None),
    ("max_steps", _WHOLE, -1),
    ("min_steps", _MAYBE_WHOLE, None),
    ("max_time", (str, dict, _NONE), None),
    ("limit_train_batches", _MAYBE_NUMBER, None),
    ("limit_val_batches", _MAYBE_NUMBER, None),
    ("limit_test_batches", _MAYBE_NUMBER, None),
    ("limit_predict_batches", _MAYBE_NUMBER, None),
    ("val_check_interval", _MAYBE_NUMBER, None),
    ("log_every_n_steps", _WHOLE, 50),
    ("accelerator", _MAYBE_WORD, None),
    ("strategy", _MAYBE_WORD, None),
    ("sync_batchnorm", _FLAG, False),
    ("precision", (int, str), 32),
    ("enable_model_summary", _FLAG, True),
    ("num_sanity_val_steps", _WHOLE, 2),
    ("resume_from_checkpoint", _MAYBE_WORD, None),
    ("profiler", _MAYBE_WORD, None),
    ("benchmark", _MAYBE_FLAG, None),
    ("deterministic", (Literal["warn"],), None),
    ("reload_dataloaders_every_n_epochs", _WHOLE, 0),
    ("auto_lr_find", (bool, str), False),
    ("replace_sampler_ddp", _FLAG, True),
    ("detect_anomaly", _FLAG, False),
    ("auto_scale_batch_size", (str, bool), False),
    ("plugins", (str, list, _NONE), None),
    ("amp_backend", _MAYBE_WORD, None),
    ("amp_level", _MAYBE_WORD, None),
    ("move_metrics_to_cpu", _FLAG, False),
    ("multiple_trainloader_mode", _WORD, "max_size_cycle"),
    ("inference_mode", _FLAG, True),
)
"""Name, types and default of each argument, as Lightning 1.9 has them."""

_BEFORE: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("checkpoint_callback", _FLAG),
    ("process_position", _WHOLE),
    ("progress_bar_refresh_rate", _WHOLE),
    ("weights_summary", _WORD),
    ("weights_save_path", _WORD),
    ("log_gpu_memory", _WORD),
    ("flush_logs_every_n_steps", _WHOLE),
    ("terminate_on_nan", _FLAG),
    ("stochastic_weight_avg", _FLAG),
    ("prepare_data_per_node", _FLAG),
    ("reload_dataloaders_every_epoch", _FLAG),
    ("truncated_bptt_steps", _WHOLE),
    ("automatic_optimization", _FLAG),
    ("distributed_backend", _WORD),
    ("deterministic", _FLAG),
)
"""Name and types of each argument that 1.0 to 1.8 made an option of, and 1.9 does not."""

_ALWAYS = ("accelerator",)
"""Arguments whose default of Lightning 1 is another than today's, so that it counts: no device meant the CPU."""


def trainer_options() -> list[Option]:
    """The options for the arguments of a Trainer, today's and those of Lightning 1."""
    about = {row.name: row.note for row in ARGUMENTS} | {row.name: row.use for row in OLD_ARGUMENTS}
    options = [Option(name, types, default, _escaped(about[name])) for name, types, default in _OF_1_9]
    return options + [Option(name, types, None, _escaped(about[name]), is_gone=True) for name, types in _BEFORE]


def arguments_in(values: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """The arguments of a Trainer among the values of a command line, without those that say what is so anyway.

    Args:
        values: Name to value.
        known: Today's arguments.
    """
    defaults = {option.name: _GONE if option.is_gone else option.default for option in trainer_options()}
    return {
        name: values[name]
        for name in dict.fromkeys([*defaults, *known])
        if name in values and (name in _ALWAYS or not _says_no_more(values[name], defaults.get(name, _GONE)))
    }


def _says_no_more(value: Any, default: Any) -> bool:
    """True for a value that says no more than leaving the argument out does."""
    return value is default or (type(value) is type(default) and value == default)


def _escaped(text: str) -> str:
    """A text as ``argparse`` prints it, which fills in what a percent sign begins."""
    return text.replace("%", "%%")
