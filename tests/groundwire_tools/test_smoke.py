"""Each command, on an example: that it is found, starts, ends as it should and says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def answered(folder: Path, *words: str) -> tuple[int, str]:
    """The exit code of ``groundwire …``, and what it printed."""
    around = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "groundwire", *words],
        cwd=folder,
        env=around,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    return ran.returncode, ran.stdout


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The example of a Lightning module, as somebody has it who still imports Lightning."""
    text = (EXAMPLES / "digits_lightning.py").read_text("utf-8")
    (tmp_path / "digits.py").write_text((EXAMPLES / "digits.py").read_text("utf-8"))
    path = tmp_path / "train.py"
    path.write_text(text.replace("import groundwire_lightning as L", "import lightning as L"))
    return path


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_the_examples_are_judged_to_run(example: Path, tmp_path: Path) -> None:
    code, text = answered(tmp_path, "check", str(example))
    assert code == 0, text


def test_an_example_is_run_fixed_and_written_out(program: Path) -> None:
    folder = program.parent
    code, text = answered(folder, "run", "train.py")
    assert (code, "groundwire run: fit" in text) == (0, True), text
    (checkpoint, *_) = folder.rglob("*.ckpt")
    code, text = answered(folder, "ckpt", "show", str(checkpoint))
    assert (code, "optimizer 0" in text) == (0, True), text
    code, text = answered(folder, "eject", "train.py", "-o", "plain.py")
    assert (code, "groundwire eject: plain.py has" in text) == (0, True), text
    code, text = answered(folder, "fix", "train.py")
    assert (code, "import groundwire_lightning as L" in program.read_text("utf-8")) == (1, True), text
