"""Checkpoints of every form, small, for the tests of this folder."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch

from groundwire_tools.ckpt.command import main
from groundwire_tools.ckpt.contents import contents_of

__all__ = ["FORMS", "SYSTEM", "Hostile", "Mine", "ckpt", "lightning", "saved", "state_of", "weights"]

FORMS = ("lightning", "safetensors", "state-dict", "native", "pytorch-accelerated")
SYSTEM = "posix.system"


class Mine:
    """A class that no reader knows."""


class Hostile:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> Any:
        import os

        return os.system, ("touch hostile_was_run",)


def weights() -> OrderedDict[str, torch.Tensor]:
    """Weights whose names are in no order, two of which are one tensor, in several dtypes."""
    shared = torch.tensor([[1.5, float("nan")], [-0.0, float("inf")]])
    return OrderedDict(
        {
            "model.z.weight": shared,
            "model.a.weight": torch.arange(6, dtype=torch.bfloat16).reshape(2, 3).T,
            "model.tied": shared,
            "model.count": torch.tensor(7),
            "model.empty": torch.empty(0, 3),
            "model.mask": torch.tensor([True, False]),
        }
    )


def lightning(**more: Any) -> dict[str, Any]:
    """A state as Lightning writes it, with one optimizer and one scheduler."""
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.Adam([parameter], lr=0.25)
    parameter.sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    return {
        "epoch": 3,
        "global_step": 12,
        "pytorch-lightning_version": "2.6.6",
        "state_dict": weights(),
        "loops": {"fit_loop": {"state_dict": {}}},
        "callbacks": {"EarlyStopping{'monitor': 'loss'}": {"wait_count": 1, "best_score": torch.tensor(0.5)}},
        "optimizer_states": [optimizer.state_dict()],
        "lr_schedulers": [scheduler.state_dict()],
        "hparams_name": "kwargs",
        "hyper_parameters": {"width": 8, "name": "tiny"},
        **more,
    }


def saved(path: Path, state: Any = None) -> Path:
    """A file that torch.save wrote, of Lightning's form unless a state is given."""
    torch.save(lightning() if state is None else state, path)
    return path


def state_of(path: Path) -> dict[str, Any]:
    """What a file holds."""
    return contents_of(path).state


def ckpt(*words: Any) -> int:
    """Run a line of ``groundwire ckpt``, and return its exit code."""
    return main([str(word) for word in words])
