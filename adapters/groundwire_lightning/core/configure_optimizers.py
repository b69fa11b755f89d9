"""The return value of ``configure_optimizers``, taken apart and checked."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.optimizer import _MockOptimizer, is_optimizer, unwrapped
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.types import LRSchedulerConfig


def optimizers_and_schedulers(
    configured: Any, module: Any, steps_schedulers: bool
) -> tuple[list[Any], list[LRSchedulerConfig]]:
    """The optimizers and the schedulers in the return value of ``configure_optimizers``.

    Args:
        configured: The return value: optimizers, with or without schedulers, in any form that Lightning knows;
            None for a run without an optimizer.
        module: The module that returned it; with ``automatic_optimization = False`` it steps them itself.
        steps_schedulers: The module has an ``lr_scheduler_step`` of its own, so any scheduler will do.

    Raises:
        MisconfigurationException: It has no such form, or a scheduler is of another optimizer.
        TypeError: A scheduler cannot be saved.
        RuntimeError: There are several optimizers, and the Trainer would not know which to step when.
        ValueError: Some of them have a frequency, and others have none.
    """
    if configured is None:
        rank_zero_warn("configure_optimizers returned None: this run has no optimizer, and changes no weight")
        configured = _MockOptimizer()
    optimizers, schedulers, monitor = _taken_apart(configured)
    automatic = getattr(module, "automatic_optimization", True) is not False
    configs = [
        _config_of_automatic(scheduler, monitor) if automatic else _config_of_manual(scheduler)
        for scheduler in schedulers
    ]
    if automatic and not optimizers:
        raise MisconfigurationException("configure_optimizers returned an empty list; return None to train nothing")
    check_index(module, len(optimizers))
    for config in configs:
        _check_scheduler(config, steps_schedulers or not automatic)
        _find_optimizer(config, optimizers, automatic)
    return optimizers, configs


def frequencies_of(configured: Any) -> list[int]:
    """How many batches in a row each optimizer gets, where ``configure_optimizers`` says so; empty where it does not.

    Args:
        configured: What it returned, in a form that :func:`optimizers_and_schedulers` took.

    Raises:
        ValueError: Some optimizers have a frequency, and others have none.
        MisconfigurationException: One is no whole number of at least 1.
    """
    if not isinstance(configured, (list, tuple)) or not all(isinstance(entry, dict) for entry in configured):
        return []
    frequencies = [entry["frequency"] for entry in configured if entry.get("frequency") is not None]
    if frequencies and len(frequencies) < len(configured):
        raise ValueError(
            f"configure_optimizers: {len(frequencies)} of {len(configured)} optimizers have a 'frequency'; give one to "
            "each, or to none"
        )
    if strange := [each for each in frequencies if each < 1 or each != int(each)]:
        raise MisconfigurationException(
            f"configure_optimizers: the frequency of an optimizer is a whole number of at least 1, got {strange[0]!r}"
        )
    return [int(each) for each in frequencies]


def check_index(module: Any, count: int) -> None:
    """Refuse a ``training_step`` that is not told which optimizer it runs for, or insists on it where none is.

    Args:
        module: The module that is going to be trained.
        count: Its optimizers.

    Raises:
        RuntimeError: There are several that the trainer steps, and it does not take ``optimizer_idx``.
        MisconfigurationException: There is one, or the module steps them, and it insists on ``optimizer_idx``.
    """
    name = f"{type(module).__qualname__}.training_step"
    parameters = inspect.signature(module.training_step).parameters
    index = parameters.get("optimizer_idx")
    by_hand = getattr(module, "automatic_optimization", True) is False
    if not by_hand and count > 1 and index is None and not _takes_further(parameters):
        raise RuntimeError(
            f"configure_optimizers returned {count} optimizers, and which of them steps when is up to you: "
            "set self.automatic_optimization = False in __init__, take them from self.optimizers() in training_step "
            "and step them there. As in Lightning 1, they step one after the other where training_step takes "
            "optimizer_idx. For learning rates of its own a part of a model needs no more than a parameter group"
        )
    if index is None or (count > 1 and not by_hand):
        return
    if by_hand and (count > 1 or index.default is index.empty):
        raise MisconfigurationException(
            f"{name} takes optimizer_idx, and automatic_optimization = False: with the first the trainer steps the "
            "optimizers, with the second training_step does. Remove one of them"
        )
    if index.default is index.empty:
        raise MisconfigurationException(
            f"{name} insists on optimizer_idx, which is passed where there are several optimizers, and "
            "configure_optimizers returned one; write optimizer_idx=0"
        )


def _takes_further(parameters: Mapping[str, inspect.Parameter]) -> bool:
    return any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters.values())


def clipping_settings(asked: tuple[Any, Any], limit: Any, algorithm: Any) -> tuple[float, str]:
    """The limit and the algorithm that gradients are clipped with.

    Args:
        asked: Limit and algorithm of the Trainer's arguments, each None where it was left out.
        limit: The limit that the module asks for; None for the Trainer's.
        algorithm: The algorithm that the module asks for, ``"norm"`` or ``"value"``; None for the Trainer's.

    Returns:
        The limit, 0 where nothing is clipped, and the algorithm.

    Raises:
        MisconfigurationException: Module and Trainer contradict each other, or there is no such algorithm.
        TypeError: The limit is no number.
    """
    algorithm = None if algorithm is None else str(getattr(algorithm, "value", algorithm)).lower()
    for name, of_trainer, of_module in zip(("val", "algorithm"), asked, (limit, algorithm), strict=True):
        if None not in (of_trainer, of_module) and of_trainer != of_module:
            raise MisconfigurationException(
                f"clip_gradients(gradient_clip_{name}={of_module!r}) and Trainer(gradient_clip_{name}={of_trainer!r}) "
                "contradict each other; leave one of them out"
            )
    limit = (asked[0] or 0.0) if limit is None else limit
    algorithm = algorithm or asked[1] or "norm"
    if not isinstance(limit, (int, float)):
        raise TypeError(f"gradient_clip_val: a number is due, got {limit!r}")
    if algorithm not in ("norm", "value"):
        raise MisconfigurationException(f"gradient_clip_algorithm: 'norm' or 'value' is due, got {algorithm!r}")
    return limit, algorithm


def _taken_apart(configured: Any) -> tuple[list[Any], list[Any], str | None]:
    """Optimizers, schedulers as they were written, and the metric that is named beside them."""
    if is_optimizer(configured):
        return [configured], [], None
    if isinstance(configured, dict):
        _check_keys(configured)
        scheduler = configured.get("lr_scheduler")
        return [configured["optimizer"]], [] if scheduler is None else [scheduler], configured.get("monitor")
    if isinstance(configured, (list, tuple)):
        if len(configured) == 2 and isinstance(configured[0], list) and all(map(is_optimizer, configured[0])):
            schedulers = configured[1]
            return configured[0], schedulers if isinstance(schedulers, list) else [schedulers], None
        if all(isinstance(entry, dict) for entry in configured):
            parts = [_taken_apart(entry) for entry in configured]
            schedulers = [_of_optimizer(index, one) for index, part in enumerate(parts) for one in part[1]]
            return [part[0][0] for part in parts], schedulers, None
        if all(map(is_optimizer, configured)):
            return list(configured), [], None
    raise MisconfigurationException(
        f"configure_optimizers returned {type(configured).__name__}. It returns an optimizer, [optimizer], "
        "[optimizers] and [schedulers], {'optimizer': ..., 'lr_scheduler': ...}, or None"
    )


def _of_optimizer(index: int, scheduler: Any) -> dict[str, Any]:
    """The dictionary of a scheduler that stands beside its optimizer."""
    return {**(scheduler if isinstance(scheduler, dict) else {"scheduler": scheduler}), "opt_idx": index}


def _check_keys(configured: Mapping[str, Any]) -> None:
    if "optimizer" not in configured:
        raise MisconfigurationException(
            f"configure_optimizers returned a dictionary without 'optimizer': {list(configured)}"
        )
    _warn_of_unread_keys("configure_optimizers", configured, {"optimizer", "lr_scheduler", "monitor", "frequency"})


def _warn_of_unread_keys(where: str, written: Mapping[str, Any], known: set[str]) -> None:
    if others := sorted(set(written) - known):
        rank_zero_warn(f"{where}: nobody reads {others}; there are {sorted(known)}", category=RuntimeWarning)


def _config_of_manual(scheduler: Any) -> LRSchedulerConfig:
    """The settings of a scheduler that the module steps itself; keys about when to step it mean nothing then."""
    if not isinstance(scheduler, dict):
        return LRSchedulerConfig(scheduler)
    known = {"scheduler", "name", "interval", "frequency", "opt_idx"}  # all but the first are for callbacks to read
    return _config_from("a scheduler that the module moves on itself", scheduler, known)


def _config_from(where: str, written: Mapping[str, Any], known: set[str]) -> LRSchedulerConfig:
    _warn_of_unread_keys(where, written, known)
    if "scheduler" not in written:
        raise MisconfigurationException(f"the scheduler's dictionary has no 'scheduler': {list(written)}")
    return LRSchedulerConfig(**{key: value for key, value in written.items() if key in known})


def _config_of_automatic(scheduler: Any, monitor: str | None) -> LRSchedulerConfig:
    """The settings of a scheduler that the Trainer steps.

    Args:
        scheduler: The scheduler, or the dictionary around it.
        monitor: The metric that stands beside the optimizer; a scheduler's own dictionary names its own.
    """
    written = scheduler if isinstance(scheduler, dict) else {"scheduler": scheduler, "monitor": monitor}
    known = {field.name for field in fields(LRSchedulerConfig)}
    config = _config_from("the scheduler's dictionary", written, known)
    if "reduce_on_plateau" not in written:
        config.reduce_on_plateau = isinstance(config.scheduler, ReduceLROnPlateau)
    if not isinstance(scheduler, dict) and not config.reduce_on_plateau:
        config.monitor = None
    return config


def _check_scheduler(config: LRSchedulerConfig, steps_schedulers: bool) -> None:
    name = type(config.scheduler).__name__
    if config.interval not in ("step", "epoch"):
        raise MisconfigurationException(f"{name}: interval is 'step' or 'epoch', got {config.interval!r}")
    if config.frequency < 1 or config.frequency != int(config.frequency):
        raise MisconfigurationException(f"{name}: frequency is a whole number of at least 1, got {config.frequency!r}")
    if config.reduce_on_plateau and config.monitor is None:
        raise MisconfigurationException(
            f"{name} needs a metric; say which: {{'optimizer': ..., 'lr_scheduler': ..., 'monitor': 'val_loss'}}"
        )
    if not _has_methods(config.scheduler, "state_dict", "load_state_dict"):
        raise TypeError(f"{name} has no state_dict and load_state_dict, so no checkpoint could keep its state")
    if not steps_schedulers and not _has_methods(config.scheduler, "step"):
        raise MisconfigurationException(
            f"{name} has no step(), so that it is no scheduler of torch; override "
            "lr_scheduler_step and move it on there"
        )
    if isinstance(config.scheduler, OneCycleLR) and config.interval == "epoch":
        rank_zero_warn(
            "OneCycleLR moves on once an epoch; 'interval': 'step' is what it is made for", category=RuntimeWarning
        )


def _find_optimizer(config: LRSchedulerConfig, optimizers: list[Any], automatic: bool) -> None:
    """Write down which optimizer a scheduler belongs to.

    Raises:
        MisconfigurationException: It belongs to none, to another than it says, or nothing says to which of several.
    """
    name, owner = type(config.scheduler).__name__, unwrapped(getattr(config.scheduler, "optimizer", None))
    if owner is None:
        config.opt_idx = 0 if config.opt_idx is None and len(optimizers) == 1 else config.opt_idx
        if config.opt_idx is None and automatic:
            raise MisconfigurationException(
                f"{name} has no attribute optimizer, and there are {len(optimizers)} optimizers; say which it belongs "
                "to: {'scheduler': ..., 'opt_idx': 0}"
            )
        return
    owned = [index for index, optimizer in enumerate(optimizers) if unwrapped(optimizer) is owner]
    if not owned:
        raise MisconfigurationException(f"{name} belongs to another optimizer than those that were returned")
    if config.opt_idx not in (None, owned[0]):
        raise MisconfigurationException(
            f"{name} says opt_idx={config.opt_idx}, and its optimizer is number {owned[0]} of those that were returned"
        )
    config.opt_idx = owned[0]


def _has_methods(scheduler: Any, *methods: str) -> bool:
    return all(callable(getattr(scheduler, method, None)) for method in methods)
