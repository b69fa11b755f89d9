import argparse
import dataclasses
import enum

import numpy as np
import pytest
import torch
from tests.groundwire_lightning.loggers.written_by_both import SIDES, both, events, same_files, without_times


@dataclasses.dataclass
class Options:
    depth: int = 2
    name: str = "deep"


class Colour(enum.Enum):
    RED = 1


PARAMS = {
    "numbers": {"rate": 0.1, "layers": 3, "wide": True},
    "a namespace": argparse.Namespace(rate=0.1, inner=argparse.Namespace(x=1)),
    "nested": {"optimizer": {"rate": 0.1, "betas": [0.9, 0.99]}, "many": [{"a": 1}, {"a": 2}], 5: {"a": None}},
    "of every kind": {"nothing": None, "tuple": (1, 2), "cls": str, "numpy": np.float32(0.5), "colour": Colour.RED},
    "a dataclass": {"options": Options()},
    "tensors": {"one": torch.tensor([1.5]), "matrix": torch.ones(2, 2)},
    "empty": {},
}
ROWS = {
    "one": [({"a": 1.0}, 0)],
    "several": [({"a": 1.0, "epoch": 0}, 4), ({"b/c": 2.5}, 4), ({"a": float("nan"), "b/c": 1e-9}, 9)],
    "tensors": [({"a": torch.tensor(1.25), "n": torch.tensor(3)}, 0)],
    "without steps": [({"a": 1.0}, None), ({"b": 2.0}, None)],
    "whole numbers and truths": [({"a": 3, "b": True, "c": float("inf")}, 2)],
}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("kind", ["CSVLogger", "TensorBoardLogger"])
def test_rows_are_written_as_lightning_writes_them(tmp_path, kind, rows):
    def write(loggers, place):
        logger = getattr(loggers, kind)(place)
        for metrics, step in ROWS[rows]:
            logger.log_metrics(metrics, step)
            logger.save()
        logger.finalize("success")

    theirs, ours = both(tmp_path, write)
    same_files(theirs, ours)
    if kind == "TensorBoardLogger":
        read = [events(tmp_path / side / "lightning_logs/version_0") for side in SIDES]
        assert read[0] == read[1]
        assert read[0][0]


@pytest.mark.parametrize("params", PARAMS)
@pytest.mark.parametrize("kind", ["CSVLogger", "TensorBoardLogger"])
def test_hyper_parameters_are_written_as_lightning_writes_them(tmp_path, kind, params):
    def write(loggers, place):
        logger = getattr(loggers, kind)(place, name="exp", version="mine")
        logger.log_hyperparams(PARAMS[params])
        logger.log_metrics({"a": 1.0}, 0)
        logger.save()
        logger.log_hyperparams({"later": 1})
        logger.finalize("success")

    theirs, ours = both(tmp_path, write)
    same_files(theirs, ours)
    if kind == "TensorBoardLogger":
        assert events(tmp_path / "lightning/exp/mine") == events(tmp_path / "groundwire/exp/mine")


PLACES = {
    "plain": {},
    "named": {"name": "exp"},
    "without a name": {"name": ""},
    "with None as name": {"name": None},
    "numbered": {"version": 7},
    "called": {"version": "first"},
    "below": {"sub_dir": "fold_1"},
    "of the environment": {"sub_dir": "$PLACE_OF_LOGS/x"},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["CSVLogger", "TensorBoardLogger"])
def test_directories_are_those_of_lightning(tmp_path, monkeypatch, kind, place):
    monkeypatch.setenv("PLACE_OF_LOGS", "there")
    if kind == "CSVLogger" and "sub_dir" in PLACES[place]:
        pytest.skip("CSVLogger has no sub_dir")
    said = []

    def write(loggers, root):
        for _ in range(2):
            logger = getattr(loggers, kind)(root, **PLACES[place])
            logger.log_metrics({"a": 1.0}, 0)
            logger.finalize("success")
            names = ("save_dir", "root_dir", "log_dir", "name", "version", "group_separator")
            said.append({name: str(getattr(logger, name)).replace(str(root), "") for name in names})

    theirs, ours = both(tmp_path, write)
    assert said[:2] == said[2:]
    assert without_times(theirs) == without_times(ours)


def test_the_version_is_one_more_than_the_highest_that_is_there(tmp_path):
    for name in ("version_3", "version_x", "version_10_old", "other"):
        (tmp_path / "exp" / name).mkdir(parents=True)
    (tmp_path / "exp" / "version_50").touch()
    versions = {
        getattr(loggers, kind)(tmp_path, name="exp").version
        for loggers in SIDES.values()
        for kind in ("CSVLogger", "TensorBoardLogger")
    }
    assert versions == {11}
