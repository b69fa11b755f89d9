"""The ways to have Lightning's imports answered without the command."""

from tests.groundwire_tools.run.launched import launched

IMPORTED = """
import sys, types
import groundwire_lightning
sys.modules["lightning"] = types.ModuleType("lightning")
try:
    import groundwire_lightning.as_lightning
except ImportError as error:
    print(str(error).partition(",")[0])
del sys.modules["lightning"]
import groundwire_lightning.as_lightning
groundwire_lightning.load_ipython_extension(None)
import lightning
print(lightning.Trainer is groundwire_lightning.Trainer)
try:
    groundwire_lightning.as_lightning.install("1.9.5")
except ImportError as error:
    print(error)
"""
TOLD = "lightning is imported already\nTrue\nLightning 2.6.6 has been answered already; 1.9.5 comes too late\n"
TESTED = """
import lightning.pytorch as pl

def test_it():
    assert pl.Trainer.__module__.startswith("groundwire_lightning")
"""


def test_an_import_is_enough_and_says_where_it_comes_too_late(tmp_path):
    ran = launched(tmp_path, python=("-c", IMPORTED))
    assert ran.stdout == TOLD, ran.stderr


def test_a_variable_is_enough(tmp_path):
    source = "import groundwire_lightning as G, pytorch_lightning as pl; print(pl.Trainer is G.Trainer)"
    ran = launched(tmp_path, python=("-c", source), environ={"GROUNDWIRE_AS_LIGHTNING": "1"})
    assert ran.stdout == "True\n", ran.stderr


def test_a_plugin_of_pytest_is_enough(tmp_path):
    words = ("-m", "pytest", "-q", "-p", "groundwire_lightning.as_lightning", "-p", "no:cacheprovider")
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ran = launched(tmp_path, files={"test_own.py": TESTED}, python=words, environ=alone)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
