"""Patches are put back, and a module is heard of once, whether it is there already or is imported later."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from groundwire.testing.patches import Patches, WhenImported


class Base:
    def method(self) -> str:
        return "base"


class Below(Base):
    pass


def test_attributes_are_put_back_where_they_were() -> None:
    patches, namespace, told = Patches(), SimpleNamespace(a=1), []
    patches.replace(namespace, "a", 2)
    patches.replace(namespace, "a", 3)
    patches.replace(Below, "method", lambda self: "below")
    patches.when_undone(lambda: told.append("undone"))
    assert (namespace.a, Below().method()) == (3, "below")
    patches.undo()
    assert (namespace.a, Below().method(), told) == (1, "base", ["undone"])
    assert "method" not in vars(Below)
    patches.undo()
    assert told == ["undone"]


def test_a_module_that_is_there_is_heard_of_at_once() -> None:
    heard: list[ModuleType] = []
    WhenImported(["json"], heard.append)
    assert heard == [json]


def test_a_module_is_heard_of_when_it_has_been_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "of_this_test_alone.py").write_text("VALUE = 3", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    values: list[int] = []
    finder = WhenImported(["of_this_test_alone"], lambda module: values.append(module.VALUE))
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    import of_this_test_alone

    assert values == [3]
    assert type(of_this_test_alone.__loader__).__name__ == "SourceFileLoader"
    assert of_this_test_alone.__spec__.loader is of_this_test_alone.__loader__
    del sys.modules["of_this_test_alone"]
