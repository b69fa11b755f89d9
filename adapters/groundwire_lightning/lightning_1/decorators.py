"""Decorators of modules that Lightning 1 had."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.errors import MisconfigurationException


def auto_move_data(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method of a module so that what it is called with is moved to the device of the module.

    Args:
        method: Such as ``forward``.

    Raises:
        MisconfigurationException: It is called on an object that is no module.
    """

    @wraps(method)
    def moved_first(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(self, LightningModule):
            raise MisconfigurationException(
                f"auto_move_data moves arguments to where a LightningModule is; {type(self).__name__} is none"
            )
        args, kwargs = self.transfer_batch_to_device((args, kwargs), self.device, 0)
        return method(self, *args, **kwargs)

    return moved_first


def data_loader(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method itself: the releases before 1.0 marked those that make loaders, which are known by their names."""
    return method


def parameter_validation(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method itself: it was asked on TPUs alone."""
    return method
