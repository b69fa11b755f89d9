"""The arguments of Lightning's Trainer and of its entry points, a row each: default, check, what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import torch

from groundwire_lightning import guests
from groundwire_lightning.errors import ArgumentError, MisconfigurationException, NotSupportedYetError
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.strategies import precision
from groundwire_lightning.trainer.given_plugins import plugged
from groundwire_lightning.utilities.checked import (
    Check,
    amount,
    anything,
    duration,
    flag,
    flag_or,
    lower,
    number,
    one_of,
    one_or_several,
    optional,
    path,
    plain_number,
    readable,
    strict_flag,
    unless_empty,
    upwards,
    whole,
    with_methods,
)
from groundwire_lightning.utilities.combined_loader import is_several

Fate = Literal["honoured", "mapped", "refused"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of the Trainer.

    Attributes:
        name: The argument.
        fate: ``"honoured"`` means what it means in Lightning; ``"mapped"`` is done by something of
            ours; ``"refused"`` is taken only where it asks for nothing.
        default: Its value where it is left out, the one of the signature.
        check: Which values are taken.
        note: What it does here, or what to do instead.
        kept: It becomes an attribute of the Trainer as it is.
        bare: What ``barebones=True`` makes of it, and which further value goes with that; empty where it stays.
    """

    name: str
    fate: Fate
    default: Any
    check: Check
    note: str
    kept: bool = False
    bare: tuple[Any, ...] = ()


def _of_fate(fate: Fate) -> Callable[..., Argument]:
    def row(name: str, default: Any, check: Check, note: str, **more: Any) -> Argument:
        return Argument(name, fate, default, check, note, **more)

    return row


honoured, mapped, refused = _of_fate("honoured"), _of_fate("mapped"), _of_fate("refused")


# values that only a Trainer takes


def _dev_run(name: str, value: Any) -> int | None:
    """True and False as they are, or a number of batches; as a word too, for Lightning reads it as a number."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, bool) else optional(whole(0))(name, value)


def _overfit(name: str, value: Any) -> float:
    batches = amount(name, value)
    is_share = isinstance(plain_number(value), float)  # 2.0 is a share in Lightning: all there is
    return float(batches) if is_share else batches


def _interval(name: str, value: Any) -> float | timedelta | None:
    if isinstance(value, (str, Mapping, timedelta)):
        return duration(name, value)
    return optional(amount)(name, value)  # type: ignore[no-any-return]


def _precision_value(name: str, value: Any) -> Any:
    plain = plain_number(value)
    precision.checked_precision(plain)
    return plain


_started = with_methods("a name of a profiler, or a profiler,", "start", "stop")


def _profiler(name: str, value: Any) -> Any:
    return value if isinstance(value, (bool, str)) else _started(name, value)


def _nothing(name: str, value: Any) -> None:
    raise NotSupportedYetError(f"{name}: {value!r} is not supported yet. Instead: upload checkpoints yourself")


ARGUMENTS = (
    mapped(
        "accelerator",
        "auto",
        anything,
        "GROUNDWIRE_ACCELERATOR=cpu in the environment is heeded instead; Accelerate sets the device up",
    ),
    mapped(
        "strategy",
        "auto",
        anything,
        "one device, or DistributedDataParallel through Accelerate; others are refused by name",
    ),
    mapped(
        "devices",
        "auto",
        anything,
        "a process each: those of torchrun or accelerate launch, or this program once more in each of the others",
    ),
    mapped("num_nodes", 1, whole(1), "held against the processes that torchrun or accelerate launch started"),
    honoured(
        "precision",
        None,
        _precision_value,
        "torch.autocast, or a type, around every step; '16-mixed' on a CPU means 'bf16-mixed'",
    ),
    honoured(
        "logger",
        None,
        unless_empty(anything, False),  # checked in loggers/default.py, which knows what was meant
        "None and True write event files for TensorBoard, False and [] nothing",
        bare=(False, None),
    ),
    honoured("callbacks", None, unless_empty(one_or_several(anything)), "native ones and Lightning's in one list"),
    honoured("fast_dev_run", False, _dev_run, "one epoch of that many batches, without a sanity check", bare=(False,)),
    honoured("max_epochs", None, optional(whole(-1)), "-1 sets no limit", kept=True),
    honoured("min_epochs", None, optional(upwards()), "should_stop is not heeded before", kept=True),
    honoured("max_steps", -1, upwards(-1), "optimizer steps; -1 sets no limit", kept=True),
    honoured("min_steps", None, optional(upwards()), "should_stop is not heeded before", kept=True),
    honoured("max_time", None, optional(duration), "a Timer that looks at the clock after each batch"),
    honoured("limit_train_batches", None, optional(amount), "a number, or a share of the data"),
    honoured("limit_val_batches", None, optional(amount), "a number, or a share of the data"),
    honoured("limit_test_batches", None, optional(amount), "a number, or a share of the data"),
    honoured("limit_predict_batches", None, optional(amount), "a number, or a share of the data"),
    honoured("overfit_batches", 0.0, _overfit, "the same batches in every epoch, in order; of the validation data too"),
    honoured("val_check_interval", None, _interval, "a number of batches, a share of an epoch, or a time"),
    honoured(
        "check_val_every_n_epoch", 1, optional(whole()), "None lets val_check_interval count on over epochs", kept=True
    ),
    honoured("num_sanity_val_steps", None, optional(upwards()), "-1 runs them all", bare=(0, None)),
    honoured(
        "log_every_n_steps",
        None,
        optional(number()),
        "batches that complete an update between two rows of a training epoch; 0 writes none",
        bare=(0, None),
    ),
    honoured(
        "enable_checkpointing",
        None,
        flag,
        "None and True add a ModelCheckpoint where there is none",
        bare=(False, None),
    ),
    honoured(
        "enable_progress_bar",
        None,
        flag,
        "RichProgressBar where rich is installed, else TQDMProgressBar",
        bare=(False, None),
    ),
    honoured(
        "enable_model_summary",
        None,
        flag,
        "RichModelSummary where rich is installed, else ModelSummary",
        bare=(False, None),
    ),
    honoured("accumulate_grad_batches", 1, optional(whole(1)), "batches an update"),
    honoured("gradient_clip_val", None, optional(number()), "0 and None do not clip", kept=True),
    honoured("gradient_clip_algorithm", None, optional(lower("norm", "value")), "'norm' or 'value'"),
    honoured("deterministic", None, flag_or("warn"), "True or 'warn' calls torch.use_deterministic_algorithms"),
    honoured("benchmark", None, optional(strict_flag), "sets torch.backends.cudnn.benchmark"),
    honoured("inference_mode", True, flag, "False validates under no_grad", kept=True),
    honoured(
        "use_distributed_sampler", True, flag, "each of several processes reads a share of the samples; one reads all"
    ),
    mapped(
        "profiler",
        None,
        unless_empty(_profiler),
        "by name, True for the simple one, or an object; written into the plan, so that none costs nothing",
        bare=(None,),
    ),
    honoured(
        "detect_anomaly", False, strict_flag, "fits under torch.autograd.set_detect_anomaly", kept=True, bare=(False,)
    ),
    honoured("barebones", False, flag, "nothing is logged, shown, saved or checked before", kept=True),
    mapped(
        "plugins",
        None,
        optional(one_or_several(anything)),
        "precision, files, processes and layers, as far as they mean something here",
    ),
    honoured(
        "sync_batchnorm", False, flag, "with several processes, SyncBatchNorm takes the place of every batch norm"
    ),
    honoured("reload_dataloaders_every_n_epochs", 0, whole(0), "loaders are asked for again; 0 keeps them", kept=True),
    honoured("default_root_dir", None, optional(path), "where loggers and checkpoints write that say nothing else"),
    honoured(
        "enable_autolog_hparams", True, flag, "False sends no hyper-parameters and no graph to loggers", kept=True
    ),
    refused("model_registry", None, unless_empty(_nothing), "upload checkpoints yourself"),
    mapped(
        "numerics",
        "parity",
        one_of("parity", "exact"),
        "only here: 'exact' makes the last update of an epoch right where it accumulates fewer batches than the others",
        kept=True,
    ),
)
"""Every argument of Lightning 2.6 in its order, and the one that only we have."""


def check_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse values that make no sense, or are not supported.

    Args:
        given: Argument to value.

    Returns:
        The arguments as they are used, those included that others stand for, as ``barebones`` does.

    Raises:
        NotSupportedYetError: One has no counterpart here yet.
        MisconfigurationException: One is of the wrong kind, which is a ``TypeError`` as well, or out of range. Both
            name the argument, the value and what is due.
    """
    taken = {row.name: row.check(f"Trainer({row.name}=)", given[row.name]) for row in ARGUMENTS}
    taken = plugged(bare(taken, {row.name: row.bare for row in ARGUMENTS if row.bare}) if taken["barebones"] else taken)
    if taken["check_val_every_n_epoch"] is None and isinstance(taken["val_check_interval"], float):
        raise MisconfigurationException(
            f"val_check_interval={taken['val_check_interval']}: a share of an epoch says nothing where "
            "check_val_every_n_epoch=None lets it count on over epochs; give a number of batches"
        )
    return taken


# the arguments of entry points


def _module(name: str, value: Any) -> Any:
    if not isinstance(value, torch.nn.Module):
        raise ArgumentError(f"{name}: a LightningModule or another nn.Module is due, got {value!r}")
    return value


def _data_module(name: str, value: Any) -> Any:
    if not guests.is_data_module(value, LIGHTNING):
        raise ArgumentError(f"{name}: a LightningDataModule is due, got {value!r}")
    return value


def _loaders(name: str, value: Any) -> Any:
    if is_several(value):
        for part in value.values() if isinstance(value, dict) else value:
            _loaders(name, part)
        return value
    return readable(name, value)


def _loaders_or_data_module(name: str, value: Any) -> Any:
    return value if guests.is_data_module(value, LIGHTNING) else _loaders(name, value)


FIT: Mapping[str, Check] = {
    "model": _module,
    "train_dataloaders": optional(_loaders_or_data_module),
    "val_dataloaders": optional(_loaders),
    "datamodule": optional(_data_module),
    "ckpt_path": optional(path),
    "weights_only": flag,
}
"""The arguments of ``fit``."""

EVALUATE: Mapping[str, Check] = {
    "model": optional(_module),
    "dataloaders": FIT["train_dataloaders"],
    "verbose": flag,
    **{name: FIT[name] for name in ("datamodule", "ckpt_path", "weights_only")},
}
"""The arguments of ``validate`` and ``test``."""

PREDICT: Mapping[str, Check] = {
    **{name: check for name, check in EVALUATE.items() if name != "verbose"},
    "return_predictions": flag,
}
"""The arguments of ``predict``."""


def bare(given: Mapping[str, Any], of_bare: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
    """The arguments under ``barebones=True``: nothing is logged, shown, saved or checked.

    Args:
        given: Argument to value.
        of_bare: What each of some arguments becomes, and which further value goes with that.

    Raises:
        ValueError: An argument asks for one of that.
    """
    for name, taken in of_bare.items():
        value = given[name]
        if not any(value is one or (type(value) is type(one) and value == one) for one in taken):
            raise ValueError(f"Trainer(barebones=True, {name}={value!r}): barebones leaves that out; pass one of them")
    return {**given, **{name: taken[0] for name, taken in of_bare.items()}}
