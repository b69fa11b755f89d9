"""Kept: what arguments of Lightning 1 ask of a Trainer that none of today's arguments says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Kept:
    """What a Trainer keeps of the arguments of Lightning 1 that it was given; nothing where it was given none.

    Attributes:
        track_grad_norm: The order of the norm of gradients that is logged; -1 logs none.
        auto_lr_find: ``tune`` finds a learning rate; a text names the attribute that has it.
        auto_scale_batch_size: ``tune`` finds a batch size; a text says how.
        resume_from_checkpoint: The checkpoint from which ``fit`` begins where it is given none.
        multiple_trainloader_mode: How several training loaders are read as one.
        weights_save_path: The folder of checkpoints that name none, instead of that of the logger.
        on_module: Attributes that the module is given for a run.
        on_data: Attributes that the data module is given likewise.
        lines: A line for each of the arguments: how it was written, and what it was taken as.
    """

    track_grad_norm: float = -1.0
    auto_lr_find: bool | str = False
    auto_scale_batch_size: bool | str = False
    resume_from_checkpoint: Any = None
    multiple_trainloader_mode: str = "max_size_cycle"
    weights_save_path: str | None = None
    on_module: Mapping[str, Any] = field(default_factory=dict)
    on_data: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
