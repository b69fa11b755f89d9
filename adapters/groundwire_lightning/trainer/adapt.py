"""A native Trainer class and a Lightning module, made one."""

from __future__ import annotations

import inspect
from typing import Any

from groundwire import GroundwireError, Trainer
from groundwire_lightning.trainer.adapter import LightningAdapter


def adapt(module: Any, trainer_class: type[Trainer] = Trainer, **kwargs: Any) -> Any:
    """A Trainer of your own class that trains a Lightning module.

    Args:
        module: A Lightning module, or any ``nn.Module`` with its methods.
        trainer_class: A subclass of :class:`groundwire.Trainer`; what it overrides comes first, and
            its ``super()`` reaches the module.
        **kwargs: Further arguments of the constructor, such as ``callbacks``.

    Returns:
        An instance of ``class(trainer_class, LightningAdapter)``.

    Raises:
        GroundwireError: ``trainer_class`` is no Trainer class.
    """
    candidate: Any = trainer_class
    if not (isinstance(candidate, type) and issubclass(candidate, Trainer)):
        raise GroundwireError(f"adapt: trainer_class is a subclass of groundwire.Trainer, got {trainer_class!r}")
    if issubclass(trainer_class, LightningAdapter):
        adapted = trainer_class
    elif trainer_class is Trainer:
        adapted = LightningAdapter
    else:
        name = f"Lightning{trainer_class.__name__}"
        adapted = type(name, (trainer_class, LightningAdapter), {"__module__": trainer_class.__module__})
    return adapted(**{"model": module, **_nothing_for(adapted), **kwargs})


def _nothing_for(trainer_class: type) -> dict[str, None]:
    """None for what a constructor of the user's insists on and the module brings."""
    taken = inspect.signature(trainer_class).parameters
    return {
        name: None
        for name in ("loss_func", "optimizer")
        if name in taken and taken[name].default is inspect.Parameter.empty
    }
