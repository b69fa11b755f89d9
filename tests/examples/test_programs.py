"""The example programs, run as a user would."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("way", ["native", "lightning", "mixed"])
def test_each_example_runs_by_itself(way, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES)  # as for a script
    runpy.run_path(str(EXAMPLES / f"digits_{way}.py"), run_name="__main__")
