"""The contents: which form a file has, who wrote it, and which sets of weights there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.groundwire_tools.ckpt.files import ckpt, lightning, saved

from groundwire_tools.ckpt.contents import contents_of, up_to_date, written_by


@pytest.mark.parametrize(
    ("state", "form", "writer"),
    [
        (lightning(), "lightning", "Lightning 2.6.6"),
        ({"state_dict": {}}, "lightning", "Lightning of some version"),
        (lightning(**{"legacy_pytorch-lightning_version": "1.9.5"}), "lightning", "Lightning 2.6.6, first by 1.9.5"),
        ({"model_state_dict": {}}, "native", "groundwire or pytorch-accelerated"),
        (
            {"kind": "groundwire training state, 1", "model_state_dict": {}},
            "training-state",
            "groundwire training state, 1",
        ),
        ({"w": torch.ones(1), "extra": 3}, "state-dict", "torch.save"),
    ],
)
def test_a_form_is_known_by_its_entries(state: dict[str, Any], form: str, writer: str, tmp_path: Path) -> None:
    contents = contents_of(saved(tmp_path / "a", state))
    assert (contents.form, written_by(contents)) == (form, writer)


@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}])
def test_files_of_old_torch_are_read_too(options: dict[str, bool], tmp_path: Path) -> None:
    torch.save({"w": torch.arange(3)}, tmp_path / "a.pt", **options)
    assert contents_of(tmp_path / "a.pt").weights["w"].tolist() == [0, 1, 2]


def test_tensors_are_known_by_their_header_whatever_the_name_of_the_file_is(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.ckpt")
    assert ckpt("convert", path, tmp_path / "b.bin", "--to", "safetensors") == 0
    assert contents_of(tmp_path / "b.bin").form == "safetensors"


def test_a_set_of_weights_that_was_not_chosen_is_gone(tmp_path: Path) -> None:
    both = {"current_model_state": {"w": torch.ones(1)}, "averaging_state": {}, "state_dict": {"w": torch.zeros(1)}}
    contents = contents_of(saved(tmp_path / "a.ckpt", lightning(**both)))
    assert [*contents.both] == ["raw", "averaged"]
    raw = contents.settled("raw")
    assert raw.weights["w"].item() == 1
    assert raw.both == {}
    assert [*raw.state] == [key for key in contents.state if key not in ("current_model_state", "averaging_state")]


def test_an_update_leaves_other_forms_alone(tmp_path: Path) -> None:
    contents = contents_of(saved(tmp_path / "a", {"w": torch.ones(1)}))
    assert up_to_date(contents) is contents
