"""Reading and writing of files under the names that Lightning 1 had for it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from groundwire_lightning.checkpoints.reading import NoCheckpointError
from groundwire_lightning.utilities.cloud_io import atomic_save, load


def test_a_checkpoint_comes_back_as_it_was_written(tmp_path: Path) -> None:
    atomic_save({"state_dict": {"weight": torch.ones(2)}, "epoch": 3}, tmp_path / "a.ckpt")
    state = load(tmp_path / "a.ckpt", map_location=lambda storage, location: storage)
    assert state["epoch"] == 3
    assert state["state_dict"]["weight"].tolist() == [1, 1]
    assert load(str(tmp_path / "a.ckpt"))["epoch"] == 3


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoCheckpointError, match=r"b\.ckpt"):
        load(tmp_path / "b.ckpt")
