"""Profilers under the paths of Lightning 1."""

from __future__ import annotations

from pathlib import Path

import pytest

import groundwire_lightning as pl
from groundwire_lightning import profilers


@pytest.mark.parametrize("name", ["SimpleProfiler", "AdvancedProfiler", "PyTorchProfiler"])
def test_one_path_said_where_they_write(name: str, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="today it is dirpath= and filename="):
        profiler = getattr(pl.profiler, name)(output_filename=str(tmp_path / "times.txt"))
    assert (profiler.dirpath, profiler.filename) == (str(tmp_path), "times")
    assert isinstance(profiler, getattr(profilers, name))


def test_the_arguments_of_today_are_taken_too() -> None:
    assert pl.profiler.AdvancedProfiler(filename="x", line_count_restriction=3).line_count_restriction == 3
