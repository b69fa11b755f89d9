"""Warnings of a loader before its first batch is read: of few workers, slow or unstable ones, and of no data."""

from __future__ import annotations

import multiprocessing
from typing import Any

from torch.utils.data import DataLoader

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.running import Running
from groundwire_lightning.errors import PossibleUserWarning
from groundwire_lightning.utilities.apply_func import suggested_max_num_workers
from groundwire_lightning.utilities.combined_loader import length_of, parts_of


def warn_of_loaders(trainer: Running, loader: Any, name: str) -> None:
    """Warn of a loader, or of each of several, where Lightning does.

    Args:
        trainer: The Trainer that reads it.
        loader: A loader, or several that are combined.
        name: The method that returned it, for messages.
    """
    for part in parts_of(loader):
        if isinstance(part, DataLoader):
            _warn_of_workers(trainer, part, name)
        if length_of(part) == 0:
            rank_zero_warn(f"the {name}, a {type(part).__name__}, has no batch; nothing is read from it")


def _warn_of_workers(trainer: Running, loader: DataLoader[Any], name: str) -> None:
    most = suggested_max_num_workers(trainer.num_devices)
    context = loader.multiprocessing_context
    if loader.num_workers and not loader.persistent_workers and _start_method(context) == "spawn":
        rank_zero_warn(
            f"the {name} starts its {loader.num_workers} workers anew in every epoch, which is slow where they are "
            "spawned; persistent_workers=True keeps them"
        )
    elif loader.num_workers < 2 and most > 1:  # Lightning's bound: with one worker too it warns
        rank_zero_warn(
            f"the {name} has {loader.num_workers} workers, so that training may wait for data; "
            f"DataLoader(num_workers={most}) would use the cores of this machine",
            category=PossibleUserWarning,
        )
    if loader.persistent_workers and loader.pin_memory and trainer.reload_dataloaders_every_n_epochs:
        rank_zero_warn(
            f"the {name} has persistent_workers=True and pin_memory=True, which together are unstable in torch where "
            "loaders are made again (reload_dataloaders_every_n_epochs); leave pin_memory out",
            category=PossibleUserWarning,
        )


def _start_method(context: Any) -> str | None:
    method: str | None = (multiprocessing if context is None else context).get_start_method()
    return method
