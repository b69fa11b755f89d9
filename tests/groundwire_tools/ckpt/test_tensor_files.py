"""Files of safetensors: order and shared tensors come back, and other readers read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, load_model, save_file
from tests.groundwire_tools.ckpt.files import weights

from groundwire import CheckpointError
from groundwire_tools.ckpt.tensor_files import read_tensors, write_tensors


def test_order_and_shared_tensors_come_back(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a", weights())
    back = read_tensors(tmp_path / "a")
    assert list(back) == list(weights())
    assert back["model.tied"] is back["model.z.weight"]
    assert back["model.a.weight"].dtype == torch.bfloat16


def test_views_of_one_storage_are_written_apart(tmp_path: Path) -> None:
    base = torch.arange(6.0)
    write_tensors(tmp_path / "a", {"a": base[:4], "b": base[2:], "c": base.view(2, 3).T})
    back = load_file(tmp_path / "a")
    assert (back["b"].tolist(), back["c"].tolist()) == ([2, 3, 4, 5], [[0, 3], [1, 4], [2, 5]])


def test_a_model_with_shared_weights_is_loaded_by_the_library(tmp_path: Path) -> None:
    model, other = (torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)) for _ in range(2))
    for each in (model, other):
        each[1].weight = each[0].weight
    write_tensors(tmp_path / "a", model.state_dict())
    load_model(other, tmp_path / "a")
    assert torch.equal(other[1].weight, model[0].weight)


@pytest.mark.parametrize("order", ["[", "3", '["a", "a"]', '[1, "b"]', '["b"]'])
def test_an_order_that_is_none_is_left_aside(order: str, tmp_path: Path) -> None:
    save_file({"a": torch.ones(1), "b": torch.zeros(1)}, tmp_path / "a", {"groundwire.order": order})
    assert sorted(read_tensors(tmp_path / "a")) == ["a", "b"]


@pytest.mark.parametrize(
    "value", [3, torch.eye(2).to_sparse(), torch.quantize_per_tensor(torch.ones(2), 0.5, 0, torch.qint8)]
)
def test_what_is_no_plain_tensor_is_refused_and_leaves_no_file(value: Any, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="plain tensors alone, and b is none"):
        write_tensors(tmp_path / "a", {"a": torch.ones(1), "b": value})
    assert list(tmp_path.iterdir()) == []
