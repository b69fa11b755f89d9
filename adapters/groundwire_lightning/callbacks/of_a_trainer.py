"""The callbacks of a Trainer: those of ``callbacks=``, those that other arguments ask for, and their order."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from groundwire import Part
from groundwire_lightning.callbacks.model_checkpoint import ModelCheckpoint
from groundwire_lightning.callbacks.model_summary import ModelSummary
from groundwire_lightning.callbacks.progress.rich_progress import RichProgressBar, has_rich
from groundwire_lightning.callbacks.progress.tqdm_progress import TQDMProgressBar
from groundwire_lightning.callbacks.rich_model_summary import RichModelSummary
from groundwire_lightning.callbacks.timer import Timer
from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.guests import LIGHTNING_ROOTS, is_a, is_named
from groundwire_lightning.map import LIGHTNING

log = logging.getLogger(__name__)


def listed_callbacks(arguments: Mapping[str, Any]) -> list[Any]:
    """List the callbacks of ``callbacks=``, and behind them those that other arguments ask for.

    Args:
        arguments: Name of each argument of the Trainer to its value.

    Raises:
        MisconfigurationException: There are several progress bars, or one although none is wanted.
    """
    asked = arguments["callbacks"]
    callbacks = [] if asked is None else list(asked) if isinstance(asked, list) else [asked]
    if arguments["max_time"] is not None:
        if has_any(callbacks, "Timer"):
            log.info("max_time=%r is not heeded: there is a Timer among callbacks=", arguments["max_time"])
        else:
            callbacks.append(Timer(duration=arguments["max_time"], interval="step"))
    callbacks += _progress_bar(callbacks, arguments["enable_progress_bar"] is not False)
    if arguments["enable_model_summary"] is not False and not has_any(callbacks, "ModelSummary"):
        callbacks.append(RichModelSummary() if has_rich() else ModelSummary())
    return callbacks


def _progress_bar(callbacks: list[Any], is_wanted: bool) -> list[Any]:
    """The bar that is to join the callbacks, in a list; none where there is one, or none is wanted."""
    bars = [callback for callback in callbacks if is_a(callback, "ProgressBar")]
    names = ", ".join(type(bar).__name__ for bar in bars)
    if len(bars) > 1:
        raise MisconfigurationException(f"callbacks= holds several progress bars, {names}; a Trainer draws one")
    if bars and not is_wanted:
        raise MisconfigurationException(
            f"enable_progress_bar=False, and {names} is among callbacks=; leave one of them out"
        )
    if bars or not is_wanted:
        return []
    return [RichProgressBar() if has_rich() else TQDMProgressBar()]


def ordered_callbacks(callbacks: Iterable[Any], enable_checkpointing: bool | None) -> list[Any]:
    """Order the callbacks of a Trainer, checkpoints last, with a ``ModelCheckpoint`` where nothing else writes any.

    Args:
        callbacks: The callbacks.
        enable_checkpointing: The argument of the Trainer.

    Raises:
        MisconfigurationException: It is False, and a callback that writes checkpoints is among them.
        RuntimeError: Two that have a state cannot be told apart.
    """
    members = list(callbacks)
    writing = [callback for callback in members if is_checkpoint(callback)]
    if writing and enable_checkpointing is False:
        raise MisconfigurationException(
            f"enable_checkpointing=False, and {type(writing[0]).__name__} is among callbacks=; leave one of them out"
        )
    if not writing and enable_checkpointing is not False:
        members.append(ModelCheckpoint())
    check_state_keys(members)
    return checkpoints_last(members)


def checkpoints_last(callbacks: Iterable[Any]) -> list[Any]:
    """Sort callbacks: those that make trial runs first, those that write checkpoints last, else as they were.

    A trial run changes the batch size or the rate that the others see when the run begins, and a
    checkpoint has to hold the state of all others as it is after the same hook.
    """
    return sorted(callbacks, key=lambda callback: is_checkpoint(callback) - is_finder(callback))


def check_state_keys(callbacks: Iterable[Any]) -> None:
    """Refuse callbacks whose states could not be told apart in a checkpoint.

    Raises:
        RuntimeError: Two have one state key.
    """
    by_key: dict[str, Any] = {}
    for callback in callbacks:
        if not hasattr(callback, "state_key") or not Part(LIGHTNING, "Callback", callback).implements("state_dict"):
            continue
        key = callback.state_key
        if key in by_key:
            raise RuntimeError(
                f"two callbacks, {type(by_key[key]).__name__} and {type(callback).__name__}, would keep their states "
                f"under one name in a checkpoint: {key!r}. Give their class a state_key that tells them apart, or "
                "use one of them"
            )
        by_key[key] = callback


def is_checkpoint(callback: Any) -> bool:
    """True for a callback that writes checkpoints, ours or Lightning's."""
    return is_a(callback, "Checkpoint")


def is_finder(callback: Any) -> bool:
    """True for a callback that makes trial runs, ours or Lightning's."""
    return is_a(callback, "BatchSizeFinder", "LearningRateFinder")


def is_early_stopping(callback: Any) -> bool:
    """True for a callback that ends a run early, ours or Lightning's."""
    return is_a(callback, "EarlyStopping")


def has_any(callbacks: Iterable[Any], name: str) -> bool:
    """True if one of the callbacks is of the class of that name, ours or Lightning's, or of a subclass."""
    return any(is_a(callback, name) for callback in callbacks)


def specialises(joining: Any, present: Any) -> bool:
    """True where a callback is of the class of another, or of a subclass; Lightning's and ours of a name are one class.

    Args:
        joining: A callback that joins the Trainer.
        present: One that the Trainer has.
    """
    name = type(present).__name__
    return isinstance(joining, type(present)) or (is_named(type(present), name) and is_a(joining, name))


@dataclass(frozen=True, slots=True)
class Substitute:
    """A class of Lightning's and ours of the same name that takes its place.

    Attributes:
        name: The class, in both packages.
        module: The module of the class in both packages, below ``callbacks``.
        why: The reason why theirs cannot run here, as a clause that follows "because".
        arguments: Argument of ours to the attribute in which theirs keeps it.
        more: The attribute in which theirs keeps its ``**kwargs``.
    """

    name: str
    module: str
    why: str
    arguments: Mapping[str, str]
    more: str | None = None


def _underscored(*names: str) -> dict[str, str]:
    """Arguments that are kept in an attribute of their name behind an underscore."""
    return {name: f"_{name}" for name in names}


SUBSTITUTES = (
    Substitute(
        "StochasticWeightAveraging",
        "stochastic_weight_avg",
        "it lets Lightning's loops run one epoch more without a backward pass",
        _underscored("swa_lrs", "swa_epoch_start", "annealing_epochs", "annealing_strategy", "avg_fn", "device"),
    ),
    Substitute(
        "ThroughputMonitor",
        "throughput_monitor",
        "it insists on Lightning's own precision plugins",
        {"batch_size_fn": "batch_size_fn", "length_fn": "length_fn"},
        more="kwargs",
    ),
    Substitute(
        "LearningRateFinder",
        "lr_finder",
        "it saves and moves the counters of Lightning's loops",
        _underscored(
            "min_lr", "max_lr", "num_training_steps", "mode", "early_stop_threshold", "update_attr", "attr_name"
        ),
    ),
    Substitute(
        "BatchSizeFinder",
        "batch_size_finder",
        "it saves and moves the counters of Lightning's loops",
        _underscored("mode", "steps_per_trial", "init_val", "max_trials", "batch_arg_name", "margin", "max_val"),
    ),
)


def substituted(callbacks: Iterable[Any]) -> tuple[list[Any], list[str]]:
    """Put our callbacks in the place of those of the table.

    Args:
        callbacks: Any callbacks.

    Returns:
        The callbacks in their order, and a sentence for each that was replaced.

    Raises:
        NotSupportedYetError: A callback is a subclass of one in the table.
    """
    members, sentences = [], []
    for callback in callbacks:
        row = _substitute_for(callback)
        if row is None:
            members.append(callback)
        else:
            members.append(_made_of(row, callback))
            sentences.append(f"{row.name} of {type(callback).__module__}: ours stands in for it, because {row.why}")
    return members, sentences


def _substitute_for(callback: object) -> Substitute | None:
    """The row of a callback; None for one that runs as it is."""
    for row in SUBSTITUTES:
        modules = [f"{root}.callbacks.{row.module}" for root in LIGHTNING_ROOTS]
        theirs = [cls for cls in type(callback).__mro__ if cls.__name__ == row.name and cls.__module__ in modules]
        # A subclass may override what ours does otherwise, so its methods cannot be carried over.
        if theirs and theirs[0] is not type(callback):
            raise NotSupportedYetError(
                f"{type(callback).__qualname__} is a {row.name} of Lightning's, which cannot run here, because "
                f"{row.why}. Instead: make it a subclass of groundwire_lightning.callbacks.{row.name}"
            )
        if theirs:
            return row
    return None


def _made_of(row: Substitute, theirs: Any) -> Any:
    """Our callback with the arguments of one of Lightning's."""
    module = importlib.import_module(f"groundwire_lightning.callbacks.{row.module}")
    arguments = {argument: getattr(theirs, attribute) for argument, attribute in row.arguments.items()}
    return getattr(module, row.name)(**arguments, **({} if row.more is None else getattr(theirs, row.more)))
