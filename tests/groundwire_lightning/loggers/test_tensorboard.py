import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.metadata import EXPERIMENT_TAG, SESSION_START_INFO_TAG
from tests.groundwire_lightning.loggers.written_by_both import SIDES, both, events, without_times
from tests.side_by_side.test_loggers import both_runs, run_with

import groundwire_lightning.loggers


@pytest.mark.parametrize("logger", [None, True])
def test_without_a_word_event_files_are_written_where_lightning_writes_them(tmp_path, logger):
    def scenario(stage, place):
        said = []
        for _ in range(2):
            trainer = run_with(stage, logger=lambda _: logger, default_root_dir=place)
            said.append(str(trainer.log_dir).replace(str(place), ""))
        return said

    record, theirs, ours = both_runs(tmp_path, scenario)
    assert record["answer"] == ["/lightning_logs/version_0", "/lightning_logs/version_1"]
    assert without_times(theirs) == without_times(ours)


def test_a_job_of_slurm_keeps_its_number(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    trainer = groundwire_lightning.Trainer(default_root_dir=tmp_path, accelerator="cpu")
    assert trainer.logger.version == 77
    monkeypatch.setenv("SLURM_JOB_NAME", "bash")
    assert groundwire_lightning.Trainer(default_root_dir=tmp_path, accelerator="cpu").logger.version == 0


def test_the_graph_is_drawn_where_it_is_asked_for(tmp_path):
    def scenario(stage, place):
        loggers = stage.L.pytorch.loggers if stage.is_lightning else groundwire_lightning.loggers
        run_with(stage, logger=lambda _: loggers.TensorBoardLogger(place, log_graph=True))

    both_runs(tmp_path, scenario)

    tags = [
        EventAccumulator(str(tmp_path / side / "lightning_logs/version_0")).Reload().Tags()
        for side in ("lightning", "groundwire")
    ]
    assert tags[0] == tags[1]
    assert tags[0]["graph"]


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


def test_several_charts_in_one_are_lightnings(tmp_path):
    def write(loggers, place):
        logger = loggers.TensorBoardLogger(place)
        logger.log_metrics({"losses": {"a": 1.0, "b": 2.0}}, 1)
        logger.finalize("success")

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
