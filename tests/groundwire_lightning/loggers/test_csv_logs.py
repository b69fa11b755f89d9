"""Rows of the CSV logger stay in the file whatever happens to the disk, the folder or the process."""

import csv
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.groundwire_lightning.loggers.written_by_both import both, same_files

from groundwire_lightning.loggers import CSVLogger


@contextmanager
def full_beyond(size):
    """No file of this process grows beyond ``size``; what fits of a write is written, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def logger_in(place, **arguments):
    return CSVLogger(place, name="", version="v", **arguments)


def rows_of(place):
    with (Path(place) / "v/metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def steps_of(place):
    return [int(row["step"]) for row in rows_of(place)]


def write(logger, steps, **values):
    for step in steps:
        logger.log_metrics(values or {"loss": 0.5}, step)
    logger.save()


@pytest.mark.parametrize("columns", [{"loss": 0.5}, {"val": 1.0}])
def test_a_full_disk_loses_no_row(tmp_path, columns):
    logger = logger_in(tmp_path)
    write(logger, range(3))
    before = (tmp_path / "v/metrics.csv").read_bytes()
    with full_beyond(len(before) + 4), pytest.raises(OSError, match="File too large"):
        write(logger, [3], **columns)
    assert (tmp_path / "v/metrics.csv").read_bytes() == before
    assert [path.name for path in (tmp_path / "v").iterdir()] == ["metrics.csv"]
    write(logger, [4], **columns)
    assert steps_of(tmp_path) == [0, 1, 2, 3, 4]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 60)), max_size=8))
def test_every_row_is_in_the_file_once_and_in_order_after_any_full_disks(tmp_path_factory, rows):
    place = tmp_path_factory.mktemp("csv")
    logger = logger_in(place)
    for step, (name, room) in enumerate(rows):
        logger.log_metrics({name: float(step)}, step)
        file = place / "v/metrics.csv"
        size = file.stat().st_size if file.exists() else 0
        if room is None:
            logger.save()
        else:
            with full_beyond(size + room):
                try:
                    logger.save()
                except OSError:
                    assert len(logger.experiment.metrics) > 0
    logger.finalize("success")
    if rows:
        written = [(int(row["step"]), next(name for name in "abc" if row.get(name))) for row in rows_of(place)]
        assert written == [(step, name) for step, (name, _) in enumerate(rows)]


@pytest.mark.parametrize("torn", ["0.5,1", "0.", "0.5,10\r"])
@pytest.mark.parametrize("columns", [{"loss": 0.5}, {"val": 1.0}])
def test_a_torn_last_row_is_cut_off(tmp_path, torn, columns):
    logger = logger_in(tmp_path)
    write(logger, range(3))
    with (tmp_path / "v/metrics.csv").open("a", newline="") as file:
        file.write(torn)
    write(logger, [3], **columns)
    assert steps_of(tmp_path) == [0, 1, 2, 3]


def test_a_row_that_is_too_long_does_not_end_the_file(tmp_path):
    logger = logger_in(tmp_path)
    write(logger, range(2))
    with (tmp_path / "v/metrics.csv").open("a", newline="") as file:
        file.write("0.5,2,9,9\r\n")
    write(logger, [3], val=1.0)
    assert steps_of(tmp_path) == [0, 1, 2, 3]


def test_a_folder_that_is_gone_is_made_again(tmp_path):
    logger = logger_in(tmp_path)
    write(logger, range(2))
    shutil.rmtree(tmp_path / "v")
    write(logger, [2])
    assert steps_of(tmp_path) == [2]


def test_rows_that_are_never_written_are_counted(tmp_path):
    logger = logger_in(tmp_path)
    write(logger, range(2))
    logger.log_metrics({"loss": 1.0}, 2)
    logger.log_metrics({"loss": 1.0}, 3)
    size = (tmp_path / "v/metrics.csv").stat().st_size
    not_written = pytest.warns(UserWarning, match="2 rows are not written")
    with full_beyond(size), not_written, pytest.raises(OSError, match="too large"):
        logger.finalize("failed")


KILLED_IN_A_REWRITE = """
import csv, os, signal, sys
from groundwire_lightning.loggers import CSVLogger
logger = CSVLogger(sys.argv[1], name="", version="v")
for step in range(50):
    logger.log_metrics({"loss": 0.5}, step)
logger.save()
csv.DictWriter.writeheader = lambda self: os.kill(os.getpid(), signal.SIGKILL)
logger.log_metrics({"val": 1.0}, 50)
logger.save()
"""


def test_a_process_killed_while_the_columns_change_loses_no_earlier_row(tmp_path):
    ended = subprocess.run([sys.executable, "-c", KILLED_IN_A_REWRITE, tmp_path], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert steps_of(tmp_path) == list(range(50))
    write(logger_in(tmp_path), [7])  # which begins anew in the same folder, as Lightning's does
    assert steps_of(tmp_path) == [7]
    assert [path.name for path in (tmp_path / "v").iterdir()] == ["metrics.csv"]


def test_a_row_is_written_without_the_earlier_ones_being_read(tmp_path, monkeypatch):
    logger = logger_in(tmp_path)
    write(logger, range(3))
    monkeypatch.setattr("csv.DictReader", None)
    write(logger, [3])
    monkeypatch.undo()
    assert steps_of(tmp_path) == [0, 1, 2, 3]


def test_rows_in_a_store_elsewhere_are_written_too():
    logger = CSVLogger("memory://csv", name="", version="v")
    write(logger, range(2))
    write(logger, [2], val=1.0)
    with fsspec.open("memory://csv/v/metrics.csv", "r", newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["0", "1", "2"]
    fsspec.filesystem("memory").rm("/csv", recursive=True)


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
