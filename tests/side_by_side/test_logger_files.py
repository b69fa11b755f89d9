"""The files that the loggers write, against those of Lightning's loggers that got the same calls."""

import argparse
import dataclasses
import enum
import pickle
import warnings
from pathlib import Path

import lightning.pytorch.loggers
import numpy as np
import pytest
import torch
from lightning.pytorch.loggers import logger as lightning_logger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.metadata import EXPERIMENT_TAG, SESSION_START_INFO_TAG
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

import groundwire_lightning.loggers
from groundwire_lightning.loggers import logger as our_logger

SIDES = {"lightning": lightning.pytorch.loggers, "groundwire": groundwire_lightning.loggers}


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


def both(tmp_path, write):
    """What one function writes with the loggers of either side: name of each file to its contents."""
    found = {}
    for side, loggers in SIDES.items():
        place = tmp_path / side
        place.mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write(loggers, place)
        found[side] = {str(path.relative_to(place)): path for path in sorted(place.rglob("*")) if path.is_file()}
    return found["lightning"], found["groundwire"]


def without_times(files):
    return sorted({str(Path(name).parent / "events") if "tfevents" in name else name for name in files})


def events(place):
    """Tag to step and value of everything that was logged, and hyper-parameters as TensorBoard finds them."""
    read = EventAccumulator(str(place), size_guidance={"scalars": 0}).Reload()
    scalars = {
        tag: [(event.step, event.value if event.value == event.value else "nan") for event in read.Scalars(tag)]
        for tag in read.Tags()["scalars"]
    }
    summaries = read.SummaryMetadata
    about = {}
    for tag in (EXPERIMENT_TAG, SESSION_START_INFO_TAG):
        try:
            content = HParamsPluginData.FromString(summaries(tag).plugin_data.content)
        except KeyError:
            continue
        about[tag] = "\n".join(line for line in str(content).splitlines() if "_secs" not in line)
    return scalars, about


def same_files(theirs, ours):
    assert without_times(theirs) == without_times(ours)
    for name in ours:
        if "tfevents" not in name:
            assert ours[name].read_bytes() == theirs[name].read_bytes(), name


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


METRICS = {
    "none": (),
    "a number": (0.5,),
    "named": ({"a": 1.0, "b": 2},),
    "with a step": ({"a": 1.0}, 7),
    "empty": ({},),
}


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("metrics", METRICS)
def test_metrics_of_hyper_parameters_are_those_of_lightning(tmp_path, metrics, default):
    def write(loggers, place):
        logger = loggers.TensorBoardLogger(place, default_hp_metric=default, prefix="p")
        logger.log_hyperparams({"rate": 0.1}, *METRICS[metrics])
        logger.log_metrics({"loss": 1.0}, 3)
        logger.finalize("success")

    both(tmp_path, write)
    assert len({str(events(tmp_path / side / "lightning_logs/version_0")) for side in SIDES}) == 1


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


@pytest.mark.parametrize("every", [1, 2, 100])
def test_rows_reach_the_csv_file_when_lightning_writes_them(tmp_path, every):
    sizes = []

    def write(loggers, place):
        logger = loggers.CSVLogger(place, flush_logs_every_n_steps=every)
        file = place / "lightning_logs/version_0/metrics.csv"
        for step in range(5):
            logger.log_metrics({"a": step * 0.5, **({"b": 1.0} if step == 3 else {})}, step)
            sizes.append(file.stat().st_size if file.exists() else None)
        logger.finalize("failed")

    same_files(*both(tmp_path, write))
    assert sizes[:5] == sizes[5:]


def test_an_older_csv_file_is_replaced_as_under_lightning(tmp_path):
    def write(loggers, place):
        for value in (1.0, 2.0):
            logger = loggers.CSVLogger(place, version=0)
            logger.log_metrics({"a": value}, 0)
            logger.finalize("success")

    same_files(*both(tmp_path, write))


def test_several_charts_in_one_are_lightnings(tmp_path):
    def write(loggers, place):
        logger = loggers.TensorBoardLogger(place)
        logger.log_metrics({"losses": {"a": 1.0, "b": 2.0}}, 1)
        logger.finalize("success")

    theirs, ours = both(tmp_path, write)
    assert without_times(theirs) == without_times(ours)


@pytest.mark.parametrize("kind", ["CSVLogger", "TensorBoardLogger"])
def test_a_logger_can_be_pickled_and_goes_on(tmp_path, kind):
    def write(loggers, place):
        logger = getattr(loggers, kind)(place)
        logger.log_metrics({"a": 1.0}, 0)
        logger.save()
        pickle.loads(pickle.dumps(logger)).log_metrics({"a": 2.0}, 1)

    theirs, ours = both(tmp_path, write)
    assert without_times(theirs) == without_times(ours)


def test_a_closed_tensorboard_logger_goes_on_in_its_directory(tmp_path):
    logger = groundwire_lightning.loggers.TensorBoardLogger(tmp_path)
    for step in range(2):
        logger.log_metrics({"a": step}, step)
        logger.finalize("success")
    assert events(logger.log_dir)[0] == {"a": [(0, 0.0), (1, 1.0)]}


def test_a_value_that_is_no_number_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match="'a' is 'text'"):
        groundwire_lightning.loggers.TensorBoardLogger(tmp_path).log_metrics({"a": "text"}, 0)


def test_a_scalar_tensor_is_a_number_where_lightning_raises(tmp_path):
    logger = groundwire_lightning.loggers.TensorBoardLogger(tmp_path)
    logger.log_hyperparams({"rate": torch.tensor(0.5)})
    logger.finalize("success")
    assert "number_value: 0.5" in events(logger.log_dir)[1][SESSION_START_INFO_TAG]


@pytest.mark.parametrize("hp_metrics", [("loss",), True])
def test_real_metrics_stand_beside_hyper_parameters_in_the_same_run(tmp_path, hp_metrics):
    logger = groundwire_lightning.loggers.TensorBoardLogger(tmp_path, hp_metrics=hp_metrics)
    logger.log_hyperparams({"rate": 0.1})
    logger.log_metrics({"loss": 2.0, "epoch": 0}, 0)
    logger.log_metrics({"loss": 1.0, "epoch": 1}, 1)
    logger.finalize("success")
    scalars, about = events(logger.log_dir)
    assert "hp_metric" not in scalars
    assert scalars["loss"][-1] == (1, 1.0)
    assert 'tag: "loss"' in about[EXPERIMENT_TAG]
    assert "epoch" not in about[EXPERIMENT_TAG]
    assert "rate" in about[SESSION_START_INFO_TAG]


def test_dictionaries_are_merged_as_lightning_merges_them():
    dicts = [{"a": 1.7, "b": 2.0, "c": 1, "d": {"x": 1, "z": 3}}, {"a": 1.1, "v": 1, "d": {"x": 2}}, {"v": 2.3}]
    functions = {"a": max, "d": {"x": sum}}
    for arguments in ((), (functions,), (functions, min)):
        assert our_logger.merge_dicts(dicts, *arguments) == lightning_logger.merge_dicts(dicts, *arguments)


def test_a_dummy_logger_takes_every_call():
    logger = our_logger.DummyLogger()
    assert (logger.name, logger.version) == ("", "")
    logger.experiment.add_image("a", None)
    logger[0].experiment[1].add_figure()
    logger.watch(None)
    assert logger.log_metrics({"a": 1}) is None
    assert pickle.loads(pickle.dumps(logger)).name == ""


def test_other_processes_write_nothing(tmp_path, monkeypatch):
    from lightning_utilities.core.rank_zero import rank_zero_only

    monkeypatch.setattr(rank_zero_only, "rank", 1)
    for kind in ("CSVLogger", "TensorBoardLogger"):
        logger = getattr(groundwire_lightning.loggers, kind)(tmp_path)
        logger.log_hyperparams({"a": 1})
        logger.log_metrics({"a": 1.0}, 0)
        logger.save()
        logger.experiment.add_image("a", None)
        logger.finalize("success")
    assert not list(tmp_path.iterdir())
