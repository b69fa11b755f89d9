"""Command lines: ``LightningCLI``, under the path at which Lightning has it, and the commands of ``groundwire``."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.core.saving import MAKERS
from groundwire_lightning.paths import OURS, spellings
from groundwire_lightning.utilities.lazily import lazy_attribute

_CLI_NAMES = {
    "ArgsType": "parser",
    "LRSchedulerCallable": "parser",
    "LRSchedulerType": "parser",
    "LRSchedulerTypeTuple": "parser",
    "LRSchedulerTypeUnion": "parser",
    "LightningArgumentParser": "parser",
    "LightningCLI": "lightning_cli",
    "OptimizerCallable": "parser",
    "ReduceLROnPlateau": "parser",
    "SaveConfigCallback": "config",
    "instantiate_class": "parser",
    "instantiate_module": "config",
}


def _instantiate(cls: Any, arguments: dict[str, Any]) -> Any:
    from groundwire_lightning.cli.config import instantiate_module  # needs jsonargparse, as such files do

    return instantiate_module(cls, arguments)


def register_makers() -> None:
    """Register the function that makes a module of a checkpoint of a command line, under each of its paths."""
    for path in (*spellings("lightning.pytorch.cli.instantiate_module"), f"{OURS}.cli.instantiate_module"):
        MAKERS[path] = _instantiate


__all__ = sorted(_CLI_NAMES)  # noqa: PLE0605  # each name of the table, imported when it is first used


def __getattr__(name: str) -> Any:
    return lazy_attribute(__name__, _CLI_NAMES, name)


def __dir__() -> list[str]:
    return __all__
