"""The demo and the example programs, run as a user would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("way", ["native", "lightning", "mixed"])
def test_each_example_runs_by_itself(way, tmp_path):
    program = ROOT / "examples" / f"digits_{way}.py"
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
