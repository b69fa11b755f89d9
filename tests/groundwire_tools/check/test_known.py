"""The data that the check reads: it is what the code says."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from docs import known as written

from groundwire_lightning import paths
from groundwire_tools.check import known

ROOT = Path(__file__).parents[3]


def test_the_data_is_fresh() -> None:
    # in a process of its own, for what other tests imported and made leaves names on classes
    program = "import sys; from docs import known; sys.stdout.write(known.text())"
    around = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    ran = subprocess.run([sys.executable, "-c", program], env=around, capture_output=True, text=True, check=True)
    assert written.FILE.read_text("utf-8") == ran.stdout, "python docs/known.py writes it anew"


def test_the_paths_are_those_of_the_adapter() -> None:
    assert known.paths().TABLE.keys() == paths.TABLE.keys()


@pytest.mark.parametrize("root", ["lightning.pytorch", "pytorch_lightning", "groundwire_lightning"])
def test_a_name_has_its_class_under_every_root(root: str) -> None:
    assert known.names_in(root)["Trainer"] == known.TRAINER
    assert known.names_in(f"{root}.callbacks")["EarlyStopping"].endswith("early_stopping.EarlyStopping")


@pytest.mark.parametrize("key", [known.TRAINER, known.MODULE, known.STRATEGY])
def test_a_class_that_is_named_in_the_check_is_there(key: str) -> None:
    assert key in known.tables()["classes"]


@pytest.mark.parametrize(
    "path", sorted(path for path, row in paths.TABLE.items() if row and not isinstance(row, paths.Gap))
)
def test_what_is_found_to_be_there_can_be_imported(path: str) -> None:
    under_ours = paths.OURS + path.removeprefix("lightning")
    module = importlib.import_module(under_ours)
    names = known.names_in(path)
    assert names
    assert [name for name in names if not hasattr(module, name)] == []


def test_objects_have_the_names_that_the_data_says() -> None:
    trainer = importlib.import_module("groundwire_lightning").Trainer(logger=False, enable_checkpointing=False)
    assert {name for name in vars(trainer) if not name.startswith("_")} <= known.attributes(known.TRAINER)
