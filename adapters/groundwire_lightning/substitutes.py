"""Callbacks of the real Lightning that reach into its loops: ours takes the place of each, and ``explain()`` says so.

All others run as they are: what they ask of their trainer is answered.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from groundwire_lightning.errors import NotSupportedYetError
from groundwire_lightning.guests import ROOTS


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
        kept.append(callback if row is None else made(row, callback))
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


def made(row: Substitute, theirs: Any) -> Any:
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
