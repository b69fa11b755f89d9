"""A child process answers as its parent does, after which the site's own customisation runs."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

import pytest
from tests.groundwire_tools.run.launched import ROOT, launched

from groundwire_tools.run.answers import CHILDREN, VARIABLE

ASKS = """
import sitecustomize, sys
from importlib import metadata
try:
    print(metadata.version("lightning-fabric"), sitecustomize.OWN, "torch" in sys.modules)
except metadata.PackageNotFoundError:
    print("none")
"""


@pytest.mark.parametrize("value", ["0", "1.8.6"])
def test_a_child_answers_and_goes_on_with_the_sites_own(value: str, tmp_path: Path) -> None:
    folders = [str(CHILDREN), str(tmp_path), str(ROOT / "src"), str(ROOT / "adapters")]
    around = {VARIABLE: value, "PYTHONPATH": os.pathsep.join(folders)}
    files = {"sitecustomize.py": "OWN = 'own'"}
    ran = launched(tmp_path, files=files, environ=around, python=("-c", ASKS))
    assert ran.stderr == ""
    assert ran.stdout.startswith("1.8.6 own False") == (value != "0")


def test_an_interpreter_without_groundwire_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    follow = runpy.run_path(str(CHILDREN / "sitecustomize.py"))["follow"]
    monkeypatch.setitem(sys.modules, "groundwire_tools.run.answers", None)
    before = list(sys.meta_path)
    follow()
    assert sys.meta_path == before


def test_a_child_in_which_lightning_was_imported_already_stops(tmp_path: Path) -> None:
    files = {"site/early.pth": "import lightning\n", "lightning/__init__.py": "", "lightning/__about__.py": ""}
    starts = (
        "import site, sys; sys.path.insert(0, '.'); site.addsitedir('site'); import sitecustomize; print('went on')"
    )
    folders = [str(CHILDREN), str(ROOT / "src"), str(ROOT / "adapters")]
    around = {VARIABLE: "1", "PYTHONPATH": os.pathsep.join(folders)}
    ran = launched(tmp_path, files=files, environ=around, python=("-S", "-c", starts))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("groundwire: lightning is imported already, from ")


@pytest.mark.parametrize("flag", ["-E", "-I", "-S"])
def test_a_child_that_leaves_the_folder_out_is_not_answered(flag: str, tmp_path: Path) -> None:
    child = "import sys; print(any(type(one).__name__ == 'Ahead' for one in sys.meta_path))"
    source = f"import subprocess, sys; subprocess.run([sys.executable, {flag!r}, '-c', {child!r}])"
    ran = launched(tmp_path, "-c", source)
    assert (ran.returncode, ran.stdout) == (0, "False\n")
