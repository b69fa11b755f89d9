"""The process of a side: packages come from their folders, and a torch that cannot be recorded is refused."""

from __future__ import annotations

import ast
import sys
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

import pytest

from groundwire_tools.compare.child import REFUSED, _begin, bring


def test_a_package_comes_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "__init__.py").write_text("from odd_package.below import VALUE", "utf-8")
    (tmp_path / "below.py").write_text("VALUE = 3", "utf-8")
    bring("odd_package", tmp_path)
    assert sys.modules["odd_package"].VALUE == 3
    for name in ("odd_package", "odd_package.below"):
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    "file",
    [
        *("src/groundwire/__init__.py", "src/groundwire/moved.py", "adapters/groundwire_tools/__init__.py"),
        *(f"src/groundwire/testing/{name}.py" for name in ("__init__", "patches", "recorder", "summaries")),
        *(f"adapters/groundwire_tools/compare/{name}.py" for name in ("__init__", "child", "clock", "touched")),
        *("adapters/groundwire_tools/run/__init__.py", "adapters/groundwire_tools/run/program.py"),
    ],
)
def test_what_another_interpreter_runs_is_written_for_an_old_python(file: str) -> None:
    ast.parse((Path(__file__).parents[3] / file).read_text("utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("version", ["1.13.1+cu117", "2.0.1"])
def test_a_torch_whose_steps_cannot_be_heard_is_refused(version: str, tmp_path: Path) -> None:
    torch = ModuleType("torch")
    torch.__version__ = version  # type: ignore[attr-defined]
    process = get_context("fork").Process(target=_begin, args=(torch, {"folder": str(tmp_path)}))
    process.start()
    process.join()
    assert process.exitcode == 2
    assert f"has torch {version}, and steps can be recorded from 2.1 on" in (tmp_path / REFUSED).read_text("utf-8")
