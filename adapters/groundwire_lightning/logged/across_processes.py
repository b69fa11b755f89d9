"""Logged values over several processes: all that is due travels together."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from groundwire.measured.reduce import reduce_together
from groundwire_lightning.logged.entry import Entry


def share(entries: list[Entry], on_step: bool) -> None:
    """Reduce entries over processes; every process has to call it, with the same names.

    Args:
        entries: Those that were logged with ``sync_dist=True``; in a process that logged none, none.
        on_step: Of the last batch; otherwise what they come to over the epoch.

    Raises:
        DisagreementError: A process has other names.
    """
    groups: dict[Any, list[Entry]] = {} if entries else {None: []}
    for entry in entries:
        groups.setdefault(entry.kept.group, []).append(entry)
    for group, some in groups.items():
        values = dict(part for entry in some for part in _parts(entry, on_step).items())
        reduced = reduce_together(values, group)
        for entry in some:
            _take(entry, reduced, on_step)


def _entry_name(entry: Entry, on_step: bool) -> str:
    return f"{entry.kept.forked(on_step)} ({entry.kept.hook})"


def _parts(entry: Entry, on_step: bool) -> dict[str, tuple[str, Tensor]]:
    name = _entry_name(entry, on_step)
    if on_step:
        value = entry.value(on_step=True)
        assert value is not None  # it was logged in this hook
        return {name: (entry.reduce, value)}
    running = entry.running()
    assert running is not None  # likewise
    if entry.reduce != "mean":
        return {name: (entry.reduce, running)}
    weight = torch.tensor(entry.weight, dtype=torch.float64)
    return {name: ("sum", running), f"weight of {name}": ("sum", weight)}


def _take(entry: Entry, reduced: dict[str, Tensor], on_step: bool) -> None:
    name = _entry_name(entry, on_step)
    value = reduced[name]
    if on_step:
        entry.latest = value
    elif entry.reduce == "mean":
        entry.reduced = value / reduced[f"weight of {name}"].to(value.device, value.dtype)
    else:
        entry.reduced = value
