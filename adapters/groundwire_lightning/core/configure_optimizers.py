"""The return value of ``configure_optimizers``, taken apart and checked."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.optimizer import LightningOptimizer, _MockOptimizer
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
    if automatic and len(optimizers) > 1:
        raise RuntimeError(
            f"configure_optimizers returned {len(optimizers)} optimizers, and which of them steps when is up to you: "
            "set self.automatic_optimization = False in __init__, take them from self.optimizers() in training_step "
            "and step them there. For learning rates of its own a part of a model needs no more than a parameter group"
        )
    if automatic and not optimizers:
        raise MisconfigurationException("configure_optimizers returned an empty list; return None to train nothing")
    for config in configs:
        _check_scheduler(config, optimizers, steps_schedulers or not automatic)
    return optimizers, configs


def check_training_step(module: Any) -> None:
    """Refuse the ``training_step`` of Lightning 1 that was called once for each optimizer.

    Args:
        module: The module that is going to be trained.

    Raises:
        RuntimeError: It takes an ``optimizer_idx``.
    """
    if "optimizer_idx" in inspect.signature(module.training_step).parameters:
        raise RuntimeError(
            f"{type(module).__qualname__}.training_step takes optimizer_idx, which Lightning 2 removed: set "
            "self.automatic_optimization = False in __init__, take the optimizers from self.optimizers() in "
            "training_step and step them there, one after the other"
        )


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
    if _is_optimizer(configured):
        return [configured], [], None
    if isinstance(configured, dict):
        _check_keys(configured)
        scheduler = configured.get("lr_scheduler")
        return [configured["optimizer"]], [] if scheduler is None else [scheduler], configured.get("monitor")
    if isinstance(configured, (list, tuple)):
        if len(configured) == 2 and isinstance(configured[0], list) and all(map(_is_optimizer, configured[0])):
            schedulers = configured[1]
            return configured[0], schedulers if isinstance(schedulers, list) else [schedulers], None
        if all(isinstance(entry, dict) for entry in configured):
            parts = [_taken_apart(entry) for entry in configured]
            return [part[0][0] for part in parts], [scheduler for part in parts for scheduler in part[1]], None
        if all(map(_is_optimizer, configured)):
            return list(configured), [], None
    raise MisconfigurationException(
        f"configure_optimizers returned {type(configured).__name__}. It returns an optimizer, [optimizer], "
        "[optimizers] and [schedulers], {'optimizer': ..., 'lr_scheduler': ...}, or None"
    )


def _is_optimizer(value: Any) -> bool:
    return hasattr(value, "param_groups") and callable(getattr(value, "step", None))


def _check_keys(configured: Mapping[str, Any]) -> None:
    if "optimizer" not in configured:
        raise MisconfigurationException(
            f"configure_optimizers returned a dictionary without 'optimizer': {list(configured)}"
        )
    _warn_of_unread_keys("configure_optimizers", configured, {"optimizer", "lr_scheduler", "monitor"})


def _warn_of_unread_keys(where: str, written: Mapping[str, Any], known: set[str]) -> None:
    if others := sorted(set(written) - known):
        rank_zero_warn(f"{where}: nobody reads {others}; there are {sorted(known)}", category=RuntimeWarning)


def _config_of_manual(scheduler: Any) -> LRSchedulerConfig:
    """The settings of a scheduler that the module steps itself; keys about when to step it mean nothing then."""
    if not isinstance(scheduler, dict):
        return LRSchedulerConfig(scheduler)
    known = {"scheduler", "name", "interval", "frequency"}  # all but the first are for callbacks to read
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


def _check_scheduler(config: LRSchedulerConfig, optimizers: list[Any], steps_schedulers: bool) -> None:
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
    owner = getattr(config.scheduler, "optimizer", None)
    if owner is not None and not any(_unwrapped(owner) is _unwrapped(optimizer) for optimizer in optimizers):
        raise MisconfigurationException(f"{name} belongs to another optimizer than those that were returned")
    if isinstance(config.scheduler, OneCycleLR) and config.interval == "epoch":
        rank_zero_warn(
            "OneCycleLR moves on once an epoch; 'interval': 'step' is what it is made for", category=RuntimeWarning
        )


def _unwrapped(optimizer: Any) -> Any:
    return optimizer.optimizer if isinstance(optimizer, LightningOptimizer) else optimizer


def _has_methods(scheduler: Any, *methods: str) -> bool:
    return all(callable(getattr(scheduler, method, None)) for method in methods)
