"""What ``configure_optimizers`` returned, as paths to the optimizers and schedulers in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundwire_tools.eject.facts import NotPlainError, Scheduler


def path_to(target: Any, value: Any, path: str = "") -> str:
    """The subscripts that lead from a value to an object in it.

    Raises:
        NotPlainError: They do not.
    """
    place = _path(target, value, path)
    if place is None:
        raise NotPlainError(f"configure_optimizers returns a {type(value).__name__} in which {target!r} is not found")
    return place


def _path(target: Any, value: Any, path: str) -> str | None:
    if value is target:
        return path
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        inner = list(value.items())
    elif isinstance(value, (list, tuple)):
        inner = list(enumerate(value))
    for key, one in inner:
        name = f'"{key}"' if isinstance(key, str) else repr(key)
        if (deeper := _path(target, one, f"{path}[{name}]")) is not None:
            return deeper
    return None


def scheduler_at(config: Any, configured: Any) -> Scheduler:
    """A scheduler with what it goes by.

    Args:
        config: Its settings.
        configured: What ``configure_optimizers`` returned.
    """
    return Scheduler(
        path_to(config.scheduler, configured),
        config.interval,
        config.frequency,
        config.monitor if config.reduce_on_plateau else None,
        config.strict,
    )
