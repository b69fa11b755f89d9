"""The programs of the README run, and print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def run(program: str) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_is_short():
    assert README.count("\n") <= 120


def test_the_moved_program_prints_what_the_readme_says():
    assert run(PROGRAMS[0]).splitlines()[-1] in README


def test_the_program_prints_the_same_under_the_real_lightning():
    before = re.sub(r"import groundwire_lightning as L.*", "import lightning as L", PROGRAMS[0])
    assert "groundwire" not in before
    assert run(before).splitlines()[-1] == run(PROGRAMS[0]).splitlines()[-1]


@pytest.mark.parametrize("program", PROGRAMS[1:], ids=lambda program: program.splitlines()[0])
def test_the_other_programs_run(program):
    assert run(program)
