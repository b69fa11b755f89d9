"""Decorators of modules that Lightning 1 had."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import groundwire_lightning as pl
from groundwire_lightning import MisconfigurationException
from groundwire_lightning.core.decorators import auto_move_data, parameter_validation


class Lit(pl.LightningModule):
    moved: Any = None

    @auto_move_data
    def forward(self, x: torch.Tensor, *, scale: int = 1) -> torch.Tensor:
        return x * scale

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        self.moved = device
        return super().transfer_batch_to_device(batch, device, dataloader_idx)


def test_what_a_method_is_called_with_is_moved_to_the_module() -> None:
    module = Lit()
    assert module(torch.ones(2), scale=3).tolist() == [3, 3]
    assert module.moved == torch.device("cpu")


def test_of_another_object_it_is_refused() -> None:
    with pytest.raises(MisconfigurationException, match="object is none"):
        auto_move_data(lambda self, x: x)(object(), 1)


@pytest.mark.parametrize("decorator", [pl.data_loader, parameter_validation])
def test_marks_that_say_nothing_give_the_method_back(decorator: Any) -> None:
    assert decorator(max) is max
