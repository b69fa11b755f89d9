"""Arguments and states of a ModelCheckpoint in Lightning 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from groundwire_lightning import MisconfigurationException
from groundwire_lightning.callbacks import ModelCheckpoint
from groundwire_lightning.lightning_1.checkpoint_arguments import with_real_paths

OLD_TO_TODAY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a path with a name": (
        {"filepath": "folder/{epoch}-{val:.2f}"},
        {"dirpath": "folder", "filename": "{epoch}-{val:.2f}"},
    ),
    "a path that is a folder": ({"filepath": "there"}, {"dirpath": "there"}),
    "a path that will be a folder": ({"filepath": "runs/new/"}, {"dirpath": "runs", "filename": "new"}),
    "no path": ({"filepath": None}, {}),
    "a prefix": ({"prefix": "mine"}, {"filename": "mine-{epoch}-{step}"}),
    "a prefix of a name": ({"prefix": "mine", "filename": "{epoch}"}, {"filename": "mine-{epoch}"}),
    "a period": ({"period": 3}, {"every_n_epochs": 3}),
    "a number of validations": ({"every_n_val_epochs": 2}, {"every_n_epochs": 2}),
    "a direction by the name": ({"mode": "auto", "monitor": "val_acc"}, {"mode": "max", "monitor": "val_acc"}),
    "a direction by another name": ({"mode": "auto", "monitor": "val_loss"}, {"mode": "min", "monitor": "val_loss"}),
    "a direction that was not asked for": (
        {"filepath": "x/y", "monitor": "val_acc"},
        {"dirpath": "x", "filename": "y", "monitor": "val_acc", "mode": "max"},
    ),
    "a direction that was": (
        {"filepath": "x/y", "monitor": "val_acc", "mode": "min"},
        {"dirpath": "x", "filename": "y", "monitor": "val_acc", "mode": "min"},
    ),
}
NAMES = ("dirpath", "filename", "monitor", "mode", "every_n_epochs")


@pytest.mark.parametrize(("old", "today"), OLD_TO_TODAY.values(), ids=OLD_TO_TODAY)
def test_an_argument_of_lightning_1_is_written_as_today(
    old: dict[str, Any], today: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    with pytest.warns(UserWarning, match=r"is of Lightning 1; today it is"):
        ours = ModelCheckpoint(**old)
    expected = ModelCheckpoint(**today)
    assert {name: getattr(ours, name) for name in NAMES} == {name: getattr(expected, name) for name in NAMES}


@pytest.mark.parametrize(
    "both",
    [{"filepath": "x/y", "dirpath": "z"}, {"period": 2, "every_n_epochs": 3}, {"filepath": "x/y", "filename": "z"}],
)
def test_an_old_and_a_new_argument_for_one_thing_are_both_named(both: dict[str, Any]) -> None:
    old, new = both
    with pytest.raises(MisconfigurationException, match=rf"{old}=.*{new}="):
        ModelCheckpoint(**both)


def test_paths_that_were_kept_as_given_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    state = {"dirpath": "kept", "best_model_path": "kept/a.ckpt", "best_k_models": {"kept/a.ckpt": torch.tensor(1.0)}}
    real = with_real_paths({**state, "last_model_path": ""})
    assert real["dirpath"] == str(tmp_path / "kept")
    assert [*real["best_k_models"]] == [real["best_model_path"]] == [str(tmp_path / "kept/a.ckpt")]
    assert real["last_model_path"] == ""


@pytest.mark.parametrize("folder", [None, "/far/away", "s3://bucket/kept"])
def test_other_states_stay_as_they_are(folder: str | None) -> None:
    state = {"dirpath": folder, "best_model_path": "x"}
    assert with_real_paths(state) is state
