"""groundwire: a Trainer on PyTorch and Accelerate, and tables that map other frameworks onto its hooks."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from groundwire.moved import answer_old_paths

if TYPE_CHECKING:
    from accelerate import notebook_launcher

    from groundwire.callbacks import DEFAULT_CALLBACKS, TrainerCallback, get_default_callbacks
    from groundwire.errors import (
        CheckpointError,
        GroundwireError,
        HookMapError,
        NonFiniteLossError,
        StopTrainingError,
        did_you_mean,
        place_of,
    )
    from groundwire.run_config import TrainerRunConfig
    from groundwire.run_state import RunState
    from groundwire.schedulers.placeholders import TrainerPlaceholderValues
    from groundwire.tables.hookmap import Gap, HookMap, Row, row
    from groundwire.tables.hooks import HOOKS, Hook
    from groundwire.tables.plan import Finding, Part, by_row
    from groundwire.tracking import InMemoryRunHistory, LossTracker, RunHistory
    from groundwire.trainer import Trainer
    from groundwire.utils import set_seed

_WHERE = {
    "DEFAULT_CALLBACKS": "callbacks",
    "TrainerCallback": "callbacks",
    "get_default_callbacks": "callbacks",
    "CheckpointError": "errors",
    "GroundwireError": "errors",
    "HookMapError": "errors",
    "NonFiniteLossError": "errors",
    "StopTrainingError": "errors",
    "did_you_mean": "errors",
    "place_of": "errors",
    "Gap": "tables.hookmap",
    "HookMap": "tables.hookmap",
    "Row": "tables.hookmap",
    "row": "tables.hookmap",
    "HOOKS": "tables.hooks",
    "Hook": "tables.hooks",
    "TrainerPlaceholderValues": "schedulers.placeholders",
    "Finding": "tables.plan",
    "Part": "tables.plan",
    "by_row": "tables.plan",
    "TrainerRunConfig": "run_config",
    "RunState": "run_state",
    "InMemoryRunHistory": "tracking",
    "LossTracker": "tracking",
    "RunHistory": "tracking",
    "Trainer": "trainer",
    "set_seed": "utils",
}

__all__ = [  # noqa: RUF022  # in the order of the rooms
    "DEFAULT_CALLBACKS", "TrainerCallback", "get_default_callbacks", "CheckpointError", "GroundwireError",
    "HookMapError", "NonFiniteLossError", "StopTrainingError", "did_you_mean", "place_of", "Gap", "HookMap", "Row",
    "row", "HOOKS", "Hook", "TrainerPlaceholderValues", "Finding", "Part", "by_row", "TrainerRunConfig", "RunState",
    "InMemoryRunHistory", "LossTracker", "RunHistory", "Trainer", "set_seed", "notebook_launcher", "__version__",
]  # fmt: skip


answer_old_paths()


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts without torch."""
    if name in _WHERE:
        value = getattr(importlib.import_module(f"groundwire.{_WHERE[name]}"), name)
    elif name == "notebook_launcher":
        value = importlib.import_module("accelerate").notebook_launcher
    elif name == "__version__":
        value = importlib.import_module("importlib.metadata").version("groundwire")
    else:
        raise AttributeError(f"module 'groundwire' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
