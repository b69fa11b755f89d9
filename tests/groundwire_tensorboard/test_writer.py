import subprocess
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.metadata import EXPERIMENT_TAG, SESSION_START_INFO_TAG
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from groundwire_tensorboard import EventWriter


def read(directory):
    return EventAccumulator(str(directory), size_guidance={"scalars": 0, "histograms": 0}).Reload()


def hparams_of(events, tag):
    content = events.SummaryMetadata(tag).plugin_data.content
    return HParamsPluginData.FromString(content)


def test_a_number_is_read_back_with_its_step(tmp_path):
    writer = EventWriter(tmp_path)
    writer.scalar("a/b", 0.25, 7)
    writer.close()
    assert [(event.step, event.value) for event in read(tmp_path).Scalars("a/b")] == [(7, 0.25)]


def test_nothing_is_made_before_the_first_write(tmp_path):
    writer = EventWriter(tmp_path / "run")
    writer.flush()
    writer.close()
    assert not (tmp_path / "run").exists()


def test_a_closed_writer_continues_in_its_directory(tmp_path):
    writer = EventWriter(tmp_path)
    for step in (1, 2):
        writer.scalar("a", step, step)
        writer.close()
    assert [event.step for event in read(tmp_path).Scalars("a")] == [1, 2]


def test_without_a_directory_one_is_picked_at_the_first_write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    writer = EventWriter()
    assert writer.log_dir is None
    writer.scalar("a", 1.0, 1)
    picked = writer.log_dir
    writer.close()
    writer.scalar("a", 2.0, 2)
    writer.close()
    assert writer.log_dir == picked
    assert len(read(tmp_path / picked).Scalars("a")) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_hyperparameters_are_in_the_directory_of_the_run(tmp_path):
    writer = EventWriter(tmp_path)
    writer.hparams({"lr": 0.5, "name": "x", "sizes": [1, 2], "none": None}, ["loss"])
    writer.close()
    events = read(tmp_path)
    given = hparams_of(events, SESSION_START_INFO_TAG).session_start_info.hparams
    assert given["lr"].number_value == 0.5
    assert (given["name"].string_value, given["sizes"].string_value) == ("x", "[1, 2]")
    assert "none" not in given
    metrics = hparams_of(events, EXPERIMENT_TAG).experiment.metric_infos
    assert [metric.name.tag for metric in metrics] == ["loss"]
    assert all(path.is_file() for path in tmp_path.iterdir())


def test_the_library_is_imported_at_the_first_write(tmp_path):
    code = f"""
import sys, groundwire_tensorboard
writer = groundwire_tensorboard.TensorBoardCallback({str(tmp_path)!r}).writer
print("tensorboard" in sys.modules)
writer.scalar("a", 1.0, 1)
writer.close()
print("tensorboard" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]
