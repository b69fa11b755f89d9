"""What ``configure_optimizers`` returns, and when a scheduler is due."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from groundwire_lightning.core.optimizer import LightningOptimizer, _MockOptimizer
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.types import LRSchedulerConfig  # MOVED


def parsed(configured: Any, module: Any, steps_schedulers: bool) -> tuple[list[Any], list[LRSchedulerConfig]]:
    """The optimizers and the schedulers in what ``configure_optimizers`` returned.

    Args:
        configured: Optimizers, with or without schedulers, in one of the forms that are known; None
            for a run without an optimizer.
        module: Whose they are.
        steps_schedulers: The module has an ``lr_scheduler_step`` of its own, so any scheduler will do.

    Raises:
        MisconfigurationException: It is none of these, or they do not belong together.
        TypeError: A scheduler without a state.
        RuntimeError: Several optimizers, and nothing says which is when.
    """
    if configured is None:
        from groundwire.errors import rank_zero_warn

        rank_zero_warn("configure_optimizers returned None: this run has no optimizer, and changes no weight")
        configured = _MockOptimizer()
    optimizers, schedulers, monitor = _taken_apart(configured)
    automatic = getattr(module, "automatic_optimization", True) is not False
    configs = [_config(scheduler, monitor) if automatic else _by_hand(scheduler) for scheduler in schedulers]
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
    """Refuse the ``training_step`` of Lightning 1 that was called once an optimizer.

    Args:
        module: Whose it is.

    Raises:
        RuntimeError: It takes an ``optimizer_idx``.
    """
    if "optimizer_idx" in inspect.signature(module.training_step).parameters:
        raise RuntimeError(
            f"{type(module).__qualname__}.training_step takes optimizer_idx, which Lightning 2 removed: set "
            "self.automatic_optimization = False in __init__, take the optimizers from self.optimizers() in "
            "training_step and step them there, one after the other"
        )


def clipping(asked: tuple[Any, Any], limit: Any, algorithm: Any) -> tuple[float, str]:
    """The limit and the algorithm that gradients are clipped with.

    Args:
        asked: Both as the Trainer was given them; None where it was not.
        limit: As the module says; None for the Trainer's.
        algorithm: Likewise.

    Raises:
        MisconfigurationException: Module and Trainer differ, or there is no such algorithm.
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
    raise _neither(configured)


def _neither(configured: Any) -> MisconfigurationException:
    return MisconfigurationException(
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
    _warn_of_others("configure_optimizers", configured, {"optimizer", "lr_scheduler", "monitor"})


def _warn_of_others(where: str, given: Mapping[str, Any], known: set[str]) -> None:
    if others := sorted(set(given) - known):
        from groundwire.errors import rank_zero_warn

        rank_zero_warn(f"{where}: nobody reads {others}; there are {sorted(known)}", category=RuntimeWarning)


def _by_hand(scheduler: Any) -> LRSchedulerConfig:
    """A scheduler that the module moves on; of its dictionary only what others may read counts."""
    if not isinstance(scheduler, dict):
        return LRSchedulerConfig(scheduler)
    read = {"scheduler", "name", "interval", "frequency"}
    _warn_of_others("a scheduler that the module moves on itself", scheduler, read)
    _check_has_scheduler(scheduler)
    return LRSchedulerConfig(**{key: value for key, value in scheduler.items() if key in read})


def _check_has_scheduler(given: Mapping[str, Any]) -> None:
    if "scheduler" not in given:
        raise MisconfigurationException(f"the scheduler's dictionary has no 'scheduler': {list(given)}")


def _config(scheduler: Any, monitor: str | None) -> LRSchedulerConfig:
    given = scheduler if isinstance(scheduler, dict) else {"scheduler": scheduler, "monitor": monitor}
    known = {field.name for field in fields(LRSchedulerConfig)}
    _warn_of_others("the scheduler's dictionary", given, known)
    _check_has_scheduler(given)
    config = LRSchedulerConfig(**{name: value for name, value in given.items() if name in known})
    if "reduce_on_plateau" not in given:
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
    if not all(callable(getattr(config.scheduler, method, None)) for method in ("state_dict", "load_state_dict")):
        raise TypeError(f"{name} has no state_dict and load_state_dict, so no checkpoint could keep where it is")
    if not steps_schedulers and not _is_scheduler(config.scheduler):
        raise MisconfigurationException(
            f"{name} is no scheduler of torch (it lacks step, state_dict or load_state_dict); override "
            "lr_scheduler_step and move it on there"
        )
    owner = getattr(config.scheduler, "optimizer", None)
    if owner is not None and not any(_bare(owner) is _bare(optimizer) for optimizer in optimizers):
        raise MisconfigurationException(f"{name} belongs to another optimizer than those that were returned")
    if isinstance(config.scheduler, OneCycleLR) and config.interval == "epoch":
        from groundwire.errors import rank_zero_warn

        rank_zero_warn(
            "OneCycleLR moves on once an epoch; 'interval': 'step' is what it is made for", category=RuntimeWarning
        )


def _bare(optimizer: Any) -> Any:
    return optimizer.optimizer if isinstance(optimizer, LightningOptimizer) else optimizer


def _is_scheduler(scheduler: Any) -> bool:
    return all(callable(getattr(scheduler, method, None)) for method in ("step", "state_dict", "load_state_dict"))
