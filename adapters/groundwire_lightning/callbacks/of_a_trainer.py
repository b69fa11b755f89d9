"""The callbacks of a Trainer in their order, and which of them write checkpoints."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from groundwire import Part
from groundwire_lightning.callbacks.model_checkpoint import ModelCheckpoint
from groundwire_lightning.callbacks.model_summary import ModelSummary
from groundwire_lightning.callbacks.progress.rich_progress import RichProgressBar, has_rich
from groundwire_lightning.callbacks.progress.tqdm_progress import TQDMProgressBar
from groundwire_lightning.callbacks.rich_model_summary import RichModelSummary
from groundwire_lightning.callbacks.timer import Timer
from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.guests import ROOTS, is_a, is_named
from groundwire_lightning.map import LIGHTNING

log = logging.getLogger(__name__)


def ordered(callbacks: Iterable[Any], enable_checkpointing: bool | None) -> list[Any]:
    """The callbacks of a Trainer: those that write checkpoints last, one of ours where there is none.

    Args:
        callbacks: The callbacks.
        enable_checkpointing: The argument of the Trainer.

    Raises:
        MisconfigurationException: It is False, and there are some.
        RuntimeError: Two that have a state cannot be told apart.
    """
    listed = list(callbacks)
    writing = [callback for callback in listed if is_checkpoint(callback)]
    if writing and enable_checkpointing is False:
        raise MisconfigurationException(
            f"enable_checkpointing=False, and {type(writing[0]).__name__} is among callbacks=; leave one of them out"
        )
    if not writing and enable_checkpointing is not False:
        listed.append(ModelCheckpoint())
    check_state_keys(listed)
    return checkpoints_last(listed)


def checkpoints_last(callbacks: Iterable[Any]) -> list[Any]:
    """The same callbacks, those that write checkpoints behind the others, those that make trial runs before them."""
    return sorted(callbacks, key=lambda callback: is_checkpoint(callback) - is_finder(callback))


def check_state_keys(callbacks: Iterable[Any]) -> None:
    """Refuse callbacks whose states could not be told apart in a checkpoint.

    Raises:
        RuntimeError: Two have one state key.
    """
    seen: dict[str, Any] = {}
    for callback in callbacks:
        if not hasattr(callback, "state_key") or not Part(LIGHTNING, "Callback", callback).implements("state_dict"):
            continue
        key = callback.state_key
        if key in seen:
            raise RuntimeError(
                f"two callbacks, {type(seen[key]).__name__} and {type(callback).__name__}, would keep their states "
                f"under one name in a checkpoint: {key!r}. Give their class a state_key that tells them apart, or "
                "use one of them"
            )
        seen[key] = callback


def is_checkpoint(callback: Any) -> bool:
    """True for a callback that writes checkpoints, ours or Lightning's."""
    return is_a(callback, "Checkpoint")


def is_finder(callback: Any) -> bool:
    """True for a callback that makes trial runs, ours or Lightning's."""
    return is_a(callback, "BatchSizeFinder", "LearningRateFinder")


def is_early_stopping(callback: Any) -> bool:
    """True for a callback that ends a run early, ours or Lightning's."""
    return is_a(callback, "EarlyStopping")


def listed(given: Mapping[str, Any]) -> list[Any]:
    """``callbacks=`` as a list, and behind them what other arguments ask for.

    Args:
        given: Argument of the Trainer to value.

    Raises:
        MisconfigurationException: There are several progress bars, or one although none is wanted.
    """
    callbacks = given["callbacks"]
    found = [] if callbacks is None else list(callbacks) if isinstance(callbacks, list) else [callbacks]
    if given["max_time"] is not None:
        if has_any(found, "Timer"):
            log.info("max_time=%r is not heeded: there is a Timer among callbacks=", given["max_time"])
        else:
            found.append(Timer(duration=given["max_time"], interval="step"))
    found += _bar(found, given["enable_progress_bar"] is not False)
    if given["enable_model_summary"] is not False and not has_any(found, "ModelSummary"):
        found.append(RichModelSummary() if has_rich() else ModelSummary())
    return found


def has_any(callbacks: Iterable[Any], name: str) -> bool:
    """True if one of them is of the class of that name, ours or Lightning's, or of a subclass."""
    return any(is_a(callback, name) for callback in callbacks)


def specialises(made: Any, old: Any) -> bool:
    """True where one is of the class of the other, or of a subclass; classes of Lightning's and ours of a name are one.

    Args:
        made: What joins.
        old: What is there.
    """
    name = type(old).__name__
    return isinstance(made, type(old)) or (is_named(type(old), name) and is_a(made, name))


def _bar(callbacks: list[Any], wanted: bool) -> list[Any]:
    bars = [callback for callback in callbacks if is_a(callback, "ProgressBar")]
    said = ", ".join(type(bar).__name__ for bar in bars)
    if len(bars) > 1:
        raise MisconfigurationException(f"callbacks= holds several progress bars, {said}; a Trainer draws one")
    if bars and not wanted:
        raise MisconfigurationException(
            f"enable_progress_bar=False, and {said} is among callbacks=; leave one of them out"
        )
    if bars or not wanted:
        return []
    return [RichProgressBar() if has_rich() else TQDMProgressBar()]


@dataclass(frozen=True, slots=True)
class Substitute:
    """One callback.

    Attributes:
        name: The class, theirs and ours.
        module: Where both packages have it, below ``callbacks``.
        why: What theirs does that has no place here.
        arguments: Argument of ours to the attribute in which theirs keeps it.
        more: The attribute in which theirs keeps further arguments.
    """

    name: str
    module: str
    why: str
    arguments: Mapping[str, str]
    more: str | None = None


def same(*names: str) -> dict[str, str]:
    """Arguments that are kept in an attribute of their name behind an underscore."""
    return {name: f"_{name}" for name in names}


SUBSTITUTES = (
    Substitute(
        "StochasticWeightAveraging",
        "stochastic_weight_avg",
        "it lets Lightning's loops run one epoch more without a backward pass",
        same("swa_lrs", "swa_epoch_start", "annealing_epochs", "annealing_strategy", "avg_fn", "device"),
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
        same("min_lr", "max_lr", "num_training_steps", "mode", "early_stop_threshold", "update_attr", "attr_name"),
    ),
    Substitute(
        "BatchSizeFinder",
        "batch_size_finder",
        "it saves and moves the counters of Lightning's loops",
        same("mode", "steps_per_trial", "init_val", "max_trials", "batch_arg_name", "margin", "max_val"),
    ),
)


def substituted(callbacks: Iterable[Any]) -> tuple[list[Any], list[str]]:
    """The callbacks with ours in the place of those in the table, and a sentence for each.

    Args:
        callbacks: Any callbacks.

    Raises:
        NotSupportedYetError: One is a subclass of one in the table.
    """
    kept, said = [], []
    for callback in callbacks:
        row = _row_of(callback)
        kept.append(callback if row is None else made_callback(row, callback))
        if row is not None:
            said.append(f"{row.name} of {type(callback).__module__}: ours stands in for it, because {row.why}")
    return kept, said


def _row_of(callback: object) -> Substitute | None:
    for row in SUBSTITUTES:
        places = [f"{root}.callbacks.{row.module}" for root in ROOTS]
        theirs = [cls for cls in type(callback).__mro__ if cls.__name__ == row.name and cls.__module__ in places]
        if theirs and theirs[0] is not type(callback):
            raise NotSupportedYetError(
                f"{type(callback).__qualname__} is a {row.name} of Lightning's, which cannot run here, because "
                f"{row.why}. Instead: make it a subclass of groundwire_lightning.callbacks.{row.name}"
            )
        if theirs:
            return row
    return None


def made_callback(row: Substitute, theirs: Any) -> Any:
    """Our callback with the arguments of theirs.

    Args:
        row: Of the table.
        theirs: The callback.
    """
    place = f"groundwire_lightning.callbacks.{row.module}"
    if find_spec(place) is None:
        raise NotSupportedYetError(f"{row.name} of Lightning's cannot run here, because {row.why}; leave it out")
    module = importlib.import_module(place)
    given = {name: getattr(theirs, kept) for name, kept in row.arguments.items()}
    return getattr(module, row.name)(**given, **({} if row.more is None else getattr(theirs, row.more)))
