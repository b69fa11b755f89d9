"""Whether a module's methods take the index of a loader where they are told it, and only there."""

from __future__ import annotations

import inspect
from typing import Any

from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.phases import Phase
from groundwire_lightning.reader import reads

NAME = "dataloader_idx"


class LoaderIndexError(RuntimeError, MisconfigurationException):
    """A method does not take the index of a loader, or insists on one where there is one loader."""


def check_loader_index(module: Any, phase: Phase, told: bool) -> None:
    """Refuse a method of the module that cannot be called for these loaders.

    Args:
        module: The module.
        phase: What the loaders are for.
        told: There are several, and methods are told which.

    Raises:
        LoaderIndexError: A method needs ``dataloader_idx`` and does not take it, or takes it where
            nothing is passed.
    """
    for name in (phase.step, f"{phase.hooks}_batch_start", f"{phase.hooks}_batch_end"):
        method = getattr(module, name, None)
        if not callable(method):
            continue
        parameters = inspect.signature(getattr(method, "__wrapped__", method)).parameters
        kinds = {parameter.kind for parameter in parameters.values()}
        takes = NAME in parameters or inspect.Parameter.VAR_POSITIONAL in kinds
        where = f"{type(module).__qualname__}.{name}{inspect.signature(method)}"
        if told and not takes and not reads(method):
            raise LoaderIndexError(
                f"{where} is told which of several {phase.prefix} loaders a batch is from: add dataloader_idx=0"
            )
        if not told and NAME in parameters and parameters[NAME].default is inspect.Parameter.empty:
            raise LoaderIndexError(
                f"{where} insists on dataloader_idx, and there is one {phase.prefix} loader: write dataloader_idx=0"
            )
