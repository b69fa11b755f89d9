import importlib
import subprocess
import sys

import pytest

from groundwire.moved import MOVED


@pytest.fixture
def forgotten(monkeypatch):
    """The paths of before, as nobody has imported them yet."""
    for path in MOVED:
        monkeypatch.delitem(sys.modules, path, raising=False)


@pytest.mark.parametrize("path", MOVED)
def test_a_path_of_before_is_the_module_at_its_new_home(path, forgotten):
    with pytest.warns(DeprecationWarning, match=f"{path} is now {MOVED[path]}; import it from there") as told:
        module = importlib.import_module(path)
    assert module is importlib.import_module(MOVED[path])
    assert module.__spec__.name == module.__name__ == MOVED[path]
    assert len(told) == 1
    assert importlib.import_module(path) is module


def test_the_warning_points_at_the_import(forgotten):
    with pytest.warns(DeprecationWarning, match="now groundwire.tables.hooks") as told:
        from groundwire.hooks import HOOKS
    assert told[0].filename == __file__
    assert HOOKS is importlib.import_module("groundwire.tables.hooks").HOOKS


def test_importing_groundwire_imports_none_of_them():
    program = "import sys, groundwire; print(*(name for name in sys.modules if name.startswith('groundwire')))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) == {"groundwire", "groundwire.moved"}


def test_a_path_that_never_was_is_refused_as_by_python():
    with pytest.raises(ModuleNotFoundError, match="No module named"):
        importlib.import_module("groundwire.nowhere")
