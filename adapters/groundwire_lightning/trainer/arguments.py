"""The arguments of Lightning's Trainer, one row each: what becomes of it, and which values are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.strategies import precision
from groundwire_lightning.trainer.given_plugins import plugged
from groundwire_lightning.trainer.settings import LIMITS

Fate = Literal["honoured", "mapped", "refused"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument.

    Attributes:
        name: The argument.
        fate: ``"honoured"`` means what it means in Lightning; ``"mapped"`` is done by something of
            ours; of ``"refused"`` arguments only ``allowed`` values are taken.
        note: What it does here, or what to do instead.
        allowed: The values that are taken of a refused or mapped argument; none: any.
    """

    name: str
    fate: Fate
    note: str
    allowed: tuple[Any, ...] = ()


def honoured(name: str, note: str) -> Argument:
    """It means what it means in Lightning."""
    return Argument(name, "honoured", note)


def mapped(name: str, note: str, *allowed: Any) -> Argument:
    """Something of ours does it."""
    return Argument(name, "mapped", note, allowed)


def refused(name: str, use: str, *allowed: Any) -> Argument:
    """Not supported yet, except for the values that ask for nothing."""
    return Argument(name, "refused", use, allowed)


ARGUMENTS = (
    mapped(
        "accelerator", "GROUNDWIRE_ACCELERATOR=cpu in the environment is heeded instead; Accelerate sets the device up"
    ),
    mapped("strategy", "one device, or DistributedDataParallel through Accelerate; others are refused by name"),
    mapped("devices", "held against the processes that torchrun or accelerate launch started"),
    mapped("num_nodes", "held against the processes that torchrun or accelerate launch started"),
    honoured("precision", "torch.autocast, or a type, around every step; '16-mixed' on a CPU means 'bf16-mixed'"),
    honoured("logger", "None and True write event files for TensorBoard, False and [] nothing"),
    honoured("callbacks", "native ones and Lightning's in one list"),
    honoured("fast_dev_run", "one epoch of that many batches, without a sanity check"),
    honoured("max_epochs", "-1 sets no limit"),
    honoured("min_epochs", "should_stop is not heeded before"),
    honoured("max_steps", "optimizer steps; -1 sets no limit"),
    honoured("min_steps", "should_stop is not heeded before"),
    honoured("max_time", "a Timer that looks at the clock after each batch"),
    honoured("limit_train_batches", "a number, or a share of the data"),
    honoured("limit_val_batches", "a number, or a share of the data"),
    honoured("limit_test_batches", "a number, or a share of the data"),
    honoured("limit_predict_batches", "a number, or a share of the data"),
    honoured("overfit_batches", "the same batches in every epoch, unshuffled; of the validation data too"),
    honoured("val_check_interval", "a number of batches, a share of an epoch, or a time"),
    honoured("check_val_every_n_epoch", "None lets val_check_interval count on over epochs"),
    honoured("num_sanity_val_steps", "-1 runs them all"),
    honoured(
        "log_every_n_steps", "batches that complete an update between two rows of a training epoch; 0 writes none"
    ),
    honoured("enable_checkpointing", "None and True add a ModelCheckpoint where there is none"),
    honoured("enable_progress_bar", "RichProgressBar where rich is installed, else TQDMProgressBar"),
    honoured("enable_model_summary", "RichModelSummary where rich is installed, else ModelSummary"),
    honoured("accumulate_grad_batches", "batches an update"),
    honoured("gradient_clip_val", "0 and None do not clip"),
    honoured("gradient_clip_algorithm", "'norm' or 'value'"),
    honoured("deterministic", "True or 'warn' calls torch.use_deterministic_algorithms"),
    honoured("benchmark", "sets torch.backends.cudnn.benchmark"),
    honoured("inference_mode", "False validates under no_grad"),
    honoured("use_distributed_sampler", "each of several processes reads a share of the samples; one reads all"),
    mapped(
        "profiler", "by name, True for the simple one, or an object; written into the plan, so that none costs nothing"
    ),
    honoured("detect_anomaly", "fits under torch.autograd.set_detect_anomaly"),
    honoured("barebones", "nothing is logged, shown, saved or checked before"),
    mapped("plugins", "precision, files, processes and layers, as far as they mean something here"),
    honoured("sync_batchnorm", "with several processes, SyncBatchNorm takes the place of every batch norm"),
    honoured("reload_dataloaders_every_n_epochs", "loaders are asked for again; 0 keeps them"),
    honoured("default_root_dir", "where loggers and checkpoints write that say nothing else"),
    honoured("enable_autolog_hparams", "False sends no hyper-parameters and no graph to loggers"),
    refused("model_registry", "upload checkpoints yourself", None),
)
"""Every argument of Lightning 2.6, in its order."""


def check_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse values that are not supported.

    Args:
        given: Argument to value.

    Returns:
        The arguments, those included that others stand for, as ``barebones`` does.

    Raises:
        NotSupportedYetError: One has no counterpart here yet; names the argument, the value and
            what to do instead.
        MisconfigurationException: One is out of range.
    """
    given = plugged(bare(given) if given["barebones"] else given)
    for argument in ARGUMENTS:
        value = given[argument.name]
        if argument.allowed and not any(_is(value, allowed) for allowed in argument.allowed):
            taken = ", ".join(map(repr, argument.allowed))
            raise NotSupportedYetError(
                f"Trainer({argument.name}={value!r}) is not supported yet; taken: {taken}. Instead: {argument.note}"
            )
    _check_counts(given)
    for name in (*LIMITS, "overfit_batches"):
        if name != "val_check_interval" or not isinstance(given[name], (str, timedelta, dict)):
            _check_share(name, given[name])
    precision.checked_precision(given["precision"])
    if given["numerics"] not in ("parity", "exact"):
        raise MisconfigurationException(f"numerics: 'parity' or 'exact' is due, got {given['numerics']!r}")
    _check_clipping(given["gradient_clip_val"], given["gradient_clip_algorithm"])
    if given["check_val_every_n_epoch"] is None and isinstance(given["val_check_interval"], float):
        raise MisconfigurationException(
            f"val_check_interval={given['val_check_interval']}: a share of an epoch says nothing where "
            "check_val_every_n_epoch=None lets it count on over epochs; give a number of batches"
        )
    return given


def _check_clipping(limit: Any, algorithm: Any) -> None:
    if limit is not None and not isinstance(limit, (int, float)):
        raise TypeError(f"gradient_clip_val: a number is due, got {limit!r}")
    if algorithm is not None and str(algorithm).lower() not in ("norm", "value"):
        raise MisconfigurationException(f"gradient_clip_algorithm: 'norm' or 'value' is due, got {algorithm!r}")


def _is(value: Any, allowed: Any) -> bool:
    return type(value) is type(allowed) and value == allowed


LEAST = {
    "fast_dev_run": 0,
    "max_epochs": -1,
    "min_epochs": 0,
    "max_steps": -1,
    "min_steps": 0,
    "check_val_every_n_epoch": 1,
    "num_sanity_val_steps": -1,
    "log_every_n_steps": 0,
    "accumulate_grad_batches": 1,
    "reload_dataloaders_every_n_epochs": 0,
}


def _check_counts(given: Mapping[str, Any]) -> None:
    for name, least in LEAST.items():
        value = given[name]
        if value is None:
            continue
        if not isinstance(value, int):
            raise MisconfigurationException(f"{name}: a whole number is due, got {value!r}")
        if value < least:
            raise MisconfigurationException(f"{name}: {least} or more is due, got {value!r}")


def _check_share(name: str, value: Any) -> None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return
    if not isinstance(value, float):
        raise MisconfigurationException(f"{name}: a whole number or a share from 0.0 to 1.0 is due, got {value!r}")
    if not 0.0 <= value <= 1.0 and not (value > 1.0 and value.is_integer()):
        raise MisconfigurationException(
            f"{name}: a share lies between 0.0 and 1.0, and a number of batches is whole; got {value!r}"
        )


BARE = {
    "enable_checkpointing": (False, None),
    "logger": (False, None),
    "enable_progress_bar": (False, None),
    "log_every_n_steps": (0, None),
    "enable_model_summary": (False, None),
    "num_sanity_val_steps": (0, None),
    "fast_dev_run": (False,),
    "detect_anomaly": (False,),
    "profiler": (None,),
}
"""What ``barebones=True`` makes of an argument, and which further value goes with it."""


def bare(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments under ``barebones=True``: nothing is logged, shown, saved or checked.

    Args:
        given: Argument to value.

    Raises:
        ValueError: An argument asks for one of that.
    """
    for name, taken in BARE.items():
        value = given[name]
        if not any(value is one or (type(value) is type(one) and value == one) for one in taken):
            raise ValueError(f"Trainer(barebones=True, {name}={value!r}): barebones leaves that out; pass one of them")
    return {**given, **{name: taken[0] for name, taken in BARE.items()}}
