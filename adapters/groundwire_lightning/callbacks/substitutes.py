"""Callbacks of the real Lightning that cannot run here, and ours that take their place with their arguments."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from groundwire_lightning.errors import NotSupportedYetError
from groundwire_lightning.guests import LIGHTNING_ROOTS


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
