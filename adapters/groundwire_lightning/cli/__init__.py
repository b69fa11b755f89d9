"""Command lines: ``LightningCLI``, under the path at which Lightning has it, and the commands of ``groundwire``."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.utilities.lazily import lazily

_WHERE = {
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

__all__ = sorted(_WHERE)  # noqa: PLE0605  # each name of the table, imported when it is first used


def __getattr__(name: str) -> Any:
    return lazily(__name__, _WHERE, name)


def __dir__() -> list[str]:
    return __all__
