"""The overview: every part of a file is told, briefly, and whole where that is asked for."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.groundwire_tools.ckpt.files import Mine, lightning, saved

from groundwire_tools.ckpt.contents import contents_of
from groundwire_tools.ckpt.overview import as_lines, overview


def told(path: Path, **more: Any) -> dict[str, Any]:
    return overview(contents_of(saved(path, lightning(**more))))


def test_every_part_is_told(tmp_path: Path) -> None:
    parts = told(tmp_path / "a.ckpt", mine=[1, 2])
    assert json.loads(json.dumps(parts)) == parts
    weights = parts["weights"]["own"]
    assert weights["tensors"][1] == {"name": "model.a.weight", "dtype": "bfloat16", "shape": [3, 2], "bytes": 12}
    assert (parts["optimizers"][0]["groups"][0]["lr"], parts["optimizers"][0]["state"][0]) == (0.25, "step")
    assert parts["schedulers"][0]["step_size"] == 2
    assert parts["callbacks"]["EarlyStopping{'monitor': 'loss'}"]["wait_count"] == 1
    assert parts["hyper_parameters"] == {"width": 8, "name": "tiny"}
    assert parts["others"]["mine"] == "[1, 2]"
    assert (parts["foreign"], parts["imported_by_name"]) == ({}, {})


def test_what_is_foreign_and_what_would_be_imported_is_told(tmp_path: Path) -> None:
    parts = told(tmp_path / "a.ckpt", hyper_parameters={"net": Mine(), "_instantiator": "evil.run"})
    lines = "\n".join(as_lines(parts))
    assert "hyper_parameters.net  tests.groundwire_tools.ckpt.files.Mine" in lines
    assert "hyper_parameters._instantiator  evil.run" in lines
    assert "nothing in it is foreign" not in lines


def test_long_lists_are_cut_unless_asked_for(tmp_path: Path) -> None:
    many = {f"w{number}": torch.ones(1) for number in range(20)}
    parts = told(tmp_path / "a.ckpt", state_dict=many, hyper_parameters={"text": "x" * 300})
    short, whole = as_lines(parts), as_lines(parts, all_weights=True, all_hparams=True)
    assert "  … and 8 more" in short
    assert not any("more" in line for line in whole)
    assert [line for line in whole if "x" * 300 in line]
    assert max(map(len, short)) < 300


@pytest.mark.parametrize(
    "odd",
    [
        {"optimizer_states": [3, None, {"param_groups": [None], "state": []}]},
        {"lr_schedulers": None, "callbacks": 7, "hyper_parameters": [1]},
        {"state_dict": {"w": 3}},
        {"epoch": float("nan"), "loops": None},
        {"epoch": 10**5000, "mine": [10**5000], "hyper_parameters": {"a": {10**5000: 10**5000}, 10**5000: Mine()}},
        {"hyper_parameters": argparse.Namespace(width=8)},
    ],
)
def test_odd_parts_do_not_hinder_the_others(odd: dict[str, Any], tmp_path: Path) -> None:
    parts = told(tmp_path / "a.ckpt", **odd)
    json.dumps(parts, allow_nan=False)
    assert any("global_step 12" in line for line in as_lines(parts))


def test_signs_that_steer_a_terminal_are_escaped(tmp_path: Path) -> None:
    parts = told(tmp_path / "a.ckpt", hyper_parameters={"a\x1b[2J": "b\x1b]0;c\x07"}, state_dict={"w\r": torch.ones(1)})
    text = "\n".join(as_lines(parts, all_weights=True, all_hparams=True))
    assert all(sign.isprintable() or sign == "\n" for sign in text)
