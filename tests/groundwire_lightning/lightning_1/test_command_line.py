"""Arguments of LightningCLI in Lightning 1.5 to 1.9."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundwire_lightning.core.boring_classes import BoringDataModule, BoringModel
from groundwire_lightning.utilities.cli import LightningCLI

OLD: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "the file": ({"save_config_filename": "mine.yaml"}, {"config_filename": "mine.yaml"}, {}),
    "two at once": (
        {"save_config_overwrite": True, "save_config_multifile": True},
        {"overwrite": True, "multifile": True},
        {},
    ),
    "beside those of today": (
        {"save_config_overwrite": True, "save_config_kwargs": {"multifile": True}},
        {"overwrite": True, "multifile": True},
        {},
    ),
    "of the parser": (
        {"description": "Mine.", "env_prefix": "MINE", "env_parse": True},
        {},
        {"description": "Mine.", "env_prefix": "MINE", "default_env": True},
    ),
}


@pytest.mark.parametrize(("old", "saved", "parser"), OLD.values(), ids=OLD)
def test_an_argument_of_lightning_1_is_written_as_today(
    old: dict[str, Any], saved: dict[str, Any], parser: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match=r"LightningCLI\(.*is of Lightning 1; today it is \w+_kwargs="):
        cli = LightningCLI(BoringModel, BoringDataModule, run=False, args=[], **old)
    assert cli.save_config_kwargs == saved
    assert {name: cli.parser_kwargs.get(name) for name in parser} == parser
