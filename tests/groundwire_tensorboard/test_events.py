"""Event files that cannot be written for a while: what becomes of the values, and what is said of them."""

import resource
import shutil
import warnings
from contextlib import contextmanager
from itertools import count, pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.tensorflow_stub.io import gfile
from torch import nn
from torch.utils.data import TensorDataset
from torch.utils.tensorboard import SummaryWriter

from groundwire import Trainer, TrainerCallback
from groundwire_tensorboard import EventWriter, TensorBoardCallback, events


@contextmanager
def full_beyond(size):
    """No file of this process grows beyond ``size``; what fits of a write is written, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def clock(monkeypatch):
    """A clock whose hand is set."""

    class Clock:
        now = 1000.0

    monkeypatch.setattr(events.time, "monotonic", lambda: Clock.now)
    return Clock


def steps_in(directory, tag="a"):
    accumulated = EventAccumulator(str(directory), size_guidance={"scalars": 0}).Reload()
    return [event.step for event in accumulated.Scalars(tag)] if tag in accumulated.Tags()["scalars"] else []


def size_of(directory):
    (file,) = directory.iterdir()
    return file.stat().st_size


def told(call):
    """The warnings of a call."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in seen]


def test_values_of_a_full_disk_are_written_later_in_the_same_file(tmp_path, clock):
    writer = EventWriter(tmp_path)
    writer.scalar("a", 1.0, 1)

    def outage():
        with full_beyond(size_of(tmp_path) + 10):
            for step in (2, 3):
                writer.scalar("a", 1.0, step)

    (said,) = told(outage)
    assert "cannot be written" in said
    assert "The run goes on" in said
    assert steps_in(tmp_path) == [1]
    clock.now += events.LONGEST_PAUSE
    (said,) = told(lambda: writer.scalar("a", 1.0, 4))
    assert "3 values that waited are in them, 0 are lost" in said
    writer.close()
    assert steps_in(tmp_path) == [1, 2, 3, 4]
    assert len(list(tmp_path.iterdir())) == 1


@settings(deadline=None, max_examples=30)
@given(st.lists(st.none() | st.integers(0, 90), max_size=12))
def test_every_value_is_written_once_and_in_order_after_any_full_disks(tmp_path_factory, rooms):
    place = tmp_path_factory.mktemp("tb")
    writer = EventWriter(place)
    writer.scalar("a", 1.0, 0)
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setattr(events, "LONGEST_PAUSE", 0.0)
        for step, room in enumerate(rooms, 1):
            with full_beyond(10**9 if room is None else size_of(place) + room):
                writer.scalar("a", 1.0, step)
        writer.close()
    assert steps_in(place) == list(range(len(rooms) + 1))


def test_a_folder_that_is_gone_is_made_again(tmp_path):
    writer = EventWriter(tmp_path / "run")
    writer.scalar("a", 1.0, 1)
    shutil.rmtree(tmp_path / "run")
    (said,) = told(lambda: [writer.scalar("a", 1.0, step) for step in (2, 3)])
    assert "is gone; a new event file is begun" in said
    writer.close()
    assert steps_in(tmp_path / "run") == [2, 3]


def test_writing_is_tried_again_after_pauses_that_have_a_limit(tmp_path, clock, monkeypatch):
    (tmp_path / "run").write_text("no folder")
    tries = []
    write = events._LocalFile.write
    monkeypatch.setattr(events._LocalFile, "write", lambda self, events: (tries.append(clock.now), write(self, events)))
    writer = EventWriter(tmp_path / "run")

    def outage():
        for step in range(600):
            clock.now += 1.0
            writer.scalar("a", 1.0, step)

    assert len(told(outage)) == 1
    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses[:6] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    assert set(pauses[6:]) == {events.LONGEST_PAUSE}
    (tmp_path / "run").unlink()
    (said,) = told(writer.close)
    assert "600 values that waited are in them" in said
    assert steps_in(tmp_path / "run") == list(range(600))


def test_values_that_are_never_written_are_counted(tmp_path):
    (tmp_path / "run").write_text("no folder")
    writer = EventWriter(tmp_path / "run")
    said = told(lambda: ([writer.scalar("a", 1.0, step) for step in range(5)], writer.close()))
    assert len(said) == 2
    assert said[1] == f"{tmp_path / 'run'}: 5 values could not be written to event files"


def test_the_values_that_wait_are_bounded(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(events, "MOST_WAITING", 200)
    (tmp_path / "run").write_text("no folder")
    writer = EventWriter(tmp_path / "run")
    told(lambda: [writer.scalar("a", 1.0, step) for step in range(100)])
    (tmp_path / "run").unlink()
    said = told(writer.close)
    kept = steps_in(tmp_path / "run")
    assert 0 < len(kept) < 20
    assert kept == list(range(100 - len(kept), 100))
    assert said[0].endswith(f"{100 - len(kept)} are lost")


def test_several_curves_in_one_chart_outlast_a_missing_folder(tmp_path):
    writer = EventWriter(tmp_path / "run").summary_writer
    writer.add_scalars("chart", {"x": 1.0}, 1)
    shutil.rmtree(tmp_path / "run")
    told(lambda: writer.add_scalars("chart", {"x": 1.0}, 2))
    writer.close()
    assert steps_in(tmp_path / "run/chart_x", "chart") == [2]


def test_two_writers_of_one_moment_have_files_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(events.time, "time", lambda: 1e9)
    writers = [EventWriter(tmp_path) for _ in range(3)]
    for step, writer in enumerate(writers):
        writer.scalar("a", 1.0, step)
    assert len(list(tmp_path.iterdir())) == 3
    assert steps_in(tmp_path) == [0, 1, 2]


def test_the_files_are_those_of_torch(tmp_path):
    for kind, folder in ((SummaryWriter, "theirs"), (lambda place: EventWriter(place).summary_writer, "ours")):
        writer = kind(str(tmp_path / folder))
        writer.add_scalar("a", 0.5, 1)
        writer.add_histogram("h", torch.arange(4.0), 2)
        writer.add_text("t", "words", 3)
        writer.close()
    both = [EventAccumulator(str(tmp_path / folder)).Reload() for folder in ("theirs", "ours")]
    assert both[0].Tags() == both[1].Tags()
    assert [event.value for event in both[1].Scalars("a")] == [0.5]
    assert both[0].file_version == both[1].file_version == 2.0


class Store:
    """A place elsewhere, of which TensorBoard writes whole files; it may be out of reach."""

    def __init__(self):
        self.files, self.is_away = {}, False

    def exists(self, name):
        return True

    def makedirs(self, name):
        if self.is_away:
            raise ConnectionError("out of reach")

    def write(self, name, content, binary_mode=False):
        if self.is_away:
            raise ConnectionError("out of reach")
        self.files[name] = content


def test_a_store_elsewhere_that_is_away_ends_nothing(clock, monkeypatch):
    store = Store()
    monkeypatch.setitem(gfile._REGISTERED_FILESYSTEMS, "store", store)
    store.is_away = True
    writer = EventWriter("store://run")
    (said,) = told(lambda: [writer.scalar("a", 1.0, step) for step in range(3)])
    assert "out of reach" in said
    store.is_away = False
    (said,) = told(writer.close)
    assert "3 values that waited are in them" in said
    (content,) = store.files.values()
    assert content.count(b"\n\x01a") == 3


def samples(number=40):
    return TensorDataset(torch.ones(number, 4), torch.ones(number, 1))


class At(TrainerCallback):
    """Calls a function after an update."""

    def __init__(self, update, call):
        self.update, self.call = update, call

    def on_train_update_end(self, trainer, **kwargs):
        if trainer.at.update == self.update:
            self.call()


@pytest.mark.parametrize("axis", ["step", "epoch"])
def test_training_outlasts_a_folder_that_is_gone(tmp_path, axis):
    model = nn.Linear(4, 1)
    callbacks = [
        At(3, lambda: shutil.rmtree(tmp_path / "run")),
        TensorBoardCallback(tmp_path / "run", every_n_steps=1, x_axis=axis),
    ]
    trainer = Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.01), callbacks=callbacks)
    with pytest.warns(UserWarning, match="is gone"):
        trainer.train(samples(), num_epochs=2, per_device_batch_size=4)
    assert len(steps_in(tmp_path / "run", "train_loss_step")) == 17
    assert len(steps_in(tmp_path / "run", "train_loss_epoch")) == 2


def test_training_outlasts_a_full_disk(tmp_path, monkeypatch):
    moments = count()
    monkeypatch.setattr(events, "LONGEST_PAUSE", 0.0)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        next(moments)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_of(tmp_path / "run") + 5, limits[1]))

    def clear():
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    model = nn.Linear(4, 1)
    callbacks = [At(3, fill), At(15, clear), TensorBoardCallback(tmp_path / "run", every_n_steps=1)]
    trainer = Trainer(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.01), callbacks=callbacks)
    try:
        with pytest.warns(UserWarning, match="cannot be written"):
            trainer.train(samples(), num_epochs=2, per_device_batch_size=4)
    finally:
        clear()
    assert next(moments) == 1
    assert steps_in(tmp_path / "run", "train_loss_step") == list(range(1, 21))
