"""The standing of callbacks, hooks and arguments: written out, left out because it only watches, or refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from groundwire_tools.eject.facts import NotPlainError

if TYPE_CHECKING:
    from groundwire_lightning.trainer.trainer import Trainer

LEFT_OUT = frozenset(
    {
        *("ModelSummary", "RichModelSummary", "ProgressBar", "TQDMProgressBar", "RichProgressBar"),
        *("LearningRateMonitor", "DeviceStatsMonitor", "ThroughputMonitor", "TensorBoardCallback"),
        *("CSVLogger", "TensorBoardLogger", "WandbLogger", "MLFlowLogger", "CometLogger", "NeptuneLogger", "Logger"),
        *("SimpleProfiler", "AdvancedProfiler", "PyTorchProfiler", "PassThroughProfiler"),
    }
)
"""Classes that look at a run and change nothing of it."""

PLAIN_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "strategy": ("auto", "single_device"),
    "num_nodes": (1,),
    "max_time": (None,),
    "overfit_batches": (0.0, 0),
    "plugins": (None, []),
    "sync_batchnorm": (False,),
    "reload_dataloaders_every_n_epochs": (0,),
    "detect_anomaly": (False,),
    "numerics": ("parity",),
    "benchmark": (None,),
}
"""Arguments of the Trainer that a plain loop knows at these values alone."""

NOT_WRITTEN = frozenset(
    {
        *("configure_callbacks", "configure_sharded_model", "optimizer_zero_grad", "clip_gradients"),
        "on_validation_model_zero_grad",
        *(f"on_{phase}_model_{mode}" for phase in ("validation", "test", "predict") for mode in ("eval", "train")),
    }
)
"""Hooks without which the numbers would be others, and that no plain loop calls."""

LEFT_HOOKS = frozenset({"on_exception", "state_dict", "load_state_dict", "on_save_checkpoint", "on_load_checkpoint"})
"""Hooks that are left out, since what a plain loop writes is the model's own state."""


def check_arguments(trainer: Trainer) -> None:
    """Refuse a Trainer with an argument that a plain loop has no counterpart for.

    Args:
        trainer: Before its first batch.

    Raises:
        NotPlainError: It has one; the message names it.
    """
    for name, plain in PLAIN_ARGUMENTS.items():
        value = trainer._asked[name]
        if not any(value is one or (isinstance(value, (str, int, float, list)) and value == one) for one in plain):
            raise NotPlainError(f"Trainer({name}={value!r}) has no plain counterpart; leave it out to eject")
    if trainer.world_size > 1:
        raise NotPlainError(
            f"the run has {trainer.world_size} processes: eject writes the loop of one, so devices=1 is due"
        )
    if trainer._val_check_time_interval is not None:
        raise NotPlainError(
            "Trainer(val_check_interval=...) as a time has no plain counterpart; give a number of batches"
        )
    if trainer.ckpt_path is not None:
        raise NotPlainError("a run that goes on from ckpt_path= has no plain counterpart; eject the one that begins")


def check_hooks(owner: str, hooks: frozenset[str]) -> None:
    """Refuse hooks that no plain loop calls.

    Args:
        owner: The class that brings them.
        hooks: Their names.

    Raises:
        NotPlainError: One of them is such a hook.
    """
    if others := sorted(hooks & NOT_WRITTEN):
        raise NotPlainError(f"{owner}.{others[0]} has no place in a plain loop; do without it to eject")


AROUND_UPDATES = frozenset(
    {"on_before_backward", "on_after_backward", "on_before_optimizer_step", "on_before_zero_grad", "backward"}
)
"""Hooks around an update, which a plain module that makes its updates itself would have to call."""


def check_updates(trainer: Trainer, hooks: frozenset[str]) -> None:
    """Refuse updates that are written in no plain way.

    Args:
        trainer: Before its first batch; it has decided how updates are made.
        hooks: Those that module and callbacks bring.

    Raises:
        NotPlainError: The hooks or the accumulation do not go with the way in which updates are made.
    """
    if trainer.way == "by hand" and (around := sorted(hooks & AROUND_UPDATES)):
        raise NotPlainError(f"{around[0]} of a module that makes its updates itself has no place in a plain loop")
    if trainer.way == "nested":
        cause = "has no plain counterpart where the optimizer evaluates the loss itself"
        if trainer.accumulate_grad_batches > 1:
            raise NotPlainError(f"accumulate_grad_batches={trainer.accumulate_grad_batches} {cause}")
        if "on_train_batch_end" in hooks:
            raise NotPlainError(f"on_train_batch_end {cause}")


def snake(name: str) -> str:
    """``early_stopping`` for ``EarlyStopping``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _early_stopping(callback: Any, trainer: Trainer) -> frozenset[str]:
    callback._check_on_train_epoch_end = _at_epoch_end(
        callback._check_on_train_epoch_end, trainer.val_check_interval == 1.0 and trainer.check_val_every_n_epoch == 1
    )
    return frozenset({"on_train_epoch_end" if callback._check_on_train_epoch_end else "on_validation_end"})


def _model_checkpoint(callback: Any, trainer: Trainer) -> frozenset[str]:
    for name, idle in (("_every_n_train_steps", 0), ("_train_time_interval", None), ("save_on_exception", False)):
        if getattr(callback, name) != idle:
            raise NotPlainError(
                f"ModelCheckpoint({name.lstrip('_')}=...) has no plain counterpart; save by epochs to eject"
            )
    if callback.save_top_k == 0 or callback._every_n_epochs < 1:
        raise NotPlainError("a ModelCheckpoint that never saves has no plain counterpart; leave it out to eject")
    if callback.save_last == "link":
        raise NotPlainError("ModelCheckpoint(save_last='link') has no plain counterpart; save_last=True has")
    has_validation = trainer._is_fitting and trainer.enable_validation
    by_epochs = trainer.check_val_every_n_epoch == 1 and (trainer.val_check_interval == 1.0 or not has_validation)
    callback._save_on_train_epoch_end = _at_epoch_end(callback._save_on_train_epoch_end, by_epochs)
    return frozenset({"on_train_epoch_end" if callback._save_on_train_epoch_end else "on_validation_end"})


def _at_epoch_end(asked: bool | None, by_default: bool) -> bool:
    return by_default if asked is None else asked


STANDARD: dict[str, Callable[[Any, Any], frozenset[str]]] = {
    "EarlyStopping": _early_stopping,
    "ModelCheckpoint": _model_checkpoint,
}
"""Callbacks of Lightning that are written as plain classes, each with the function that tells its hooks."""
