"""Files of a project that import Lightning are found among what the program has imported."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from groundwire_tools.eject.facts import NotPlainError
from groundwire_tools.eject.looking.project import check_project


@pytest.mark.parametrize(("place", "is_refused"), [("helper.py", True), ("site-packages/helper.py", False)])
def test_a_helper_that_imports_lightning_is_refused_with_its_line(
    place: str, is_refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.write_text("import os\nimport lightning as L\n", "utf-8")
    helper = ModuleType("helper_of_a_program")
    helper.__file__ = str(file)
    monkeypatch.setitem(sys.modules, helper.__name__, helper)
    if not is_refused:
        check_project(tmp_path / "main.py")
        return
    with pytest.raises(NotPlainError, match=r"helper\.py:2 imports Lightning"):
        check_project(tmp_path / "main.py")
