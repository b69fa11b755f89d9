import dataclasses
import re
from types import SimpleNamespace

import pytest
from tests.groundwire.runs import data, trainer_for
from torch.utils.data import Dataset

from groundwire import StopTrainingError, TrainerCallback
from groundwire.callbacks import PrintProgressCallback, StepBasedEvaluationCallback
from groundwire.measured import time_ledger
from groundwire.measured.time_ledger import ACCOUNTS, EpochTime, Spent, account_for
from groundwire.tracking import InMemoryRunHistory


class Clock:
    """A clock that only moves when something says that it took its time."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        for module in ("loop", "tables.fuse", "measured.time_ledger"):
            monkeypatch.setattr(f"groundwire.{module}.clock", lambda: self.now)

    def takes(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def slow(clock, **seconds):
    """A Trainer and a callback whose methods take the given seconds each."""

    def taking(name):
        def method(self, *args, **kwargs):
            clock.takes(seconds[name])
            parent = getattr(super(kind, self), name, None)
            return parent(*args, **kwargs) if parent else None

        return method

    methods = {name: taking(name) for name in seconds if not name.startswith("on_")}
    base = type(trainer_for())
    kind = type("Slow", (base,), methods)
    events = {name: lambda self, trainer, name=name, **kwargs: clock.takes(seconds[name]) for name in seconds}
    listens = type("Listens", (TrainerCallback,), {name: events[name] for name in seconds if name.startswith("on_")})
    return trainer_for(kind=kind, callbacks=[listens()])


class SlowData(Dataset):
    def __init__(self, clock):
        self.clock = clock
        self.samples = data(4)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        self.clock.takes(10)
        return self.samples[index]


def test_each_second_is_on_the_account_of_what_was_being_done(clock, tmp_path):
    trainer = slow(clock, calculate_train_batch_loss=1, calculate_eval_batch_loss=3, on_train_step_end=0.5,
                   on_eval_step_end=0.25, train_epoch_end=7)  # fmt: skip
    trainer.train(SlowData(clock), 2, eval_dataset=data(2), per_device_batch_size=2)
    for number, time in enumerate(trainer.run_history.epoch_times, start=1):
        assert time.epoch == number
        assert (time.data, time.step, time.evaluation) == (40, 2, 3)
        assert time.callbacks == 2 * 0.5 + 0.25
        assert (time.saving, time.other) == (0, 7)
        assert time.seconds == 40 + 2 + 3 + 1.25 + 7
        assert (time.samples, time.updates) == (4, 2)


def test_what_a_callback_has_done_is_on_the_account_of_that(clock, tmp_path, monkeypatch):
    monkeypatch.setattr("groundwire.saved.checkpoint.write", lambda path, state: clock.takes(5))

    class Saves(TrainerCallback):
        def on_train_update_end(self, trainer, **kwargs):
            clock.takes(1)
            trainer.save_checkpoint(tmp_path / "model.pt")

    trainer = slow(clock, calculate_eval_batch_loss=3)
    trainer.callback_handler.add_callbacks([Saves, StepBasedEvaluationCallback(1)])
    trainer.train(data(2), 1, eval_dataset=data(1), per_device_batch_size=1)
    (time,) = trainer.run_history.epoch_times
    assert (time.callbacks, time.saving, time.evaluation) == (2, 10, 9)
    assert time.seconds == 21


def test_an_epoch_that_was_cut_short_is_not_told_of(clock):
    class Stops(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            raise StopTrainingError("enough")

    trainer = trainer_for(callbacks=[Stops])
    trainer.train(data(2), 3)
    assert trainer.run_history.epoch_times == []


def test_a_new_run_begins_a_new_ledger_and_one_that_goes_on_adds_to_it():
    trainer = trainer_for()
    trainer.train(data(2), 2)
    trainer.train(data(2), 1)
    assert [time.epoch for time in trainer.run_history.epoch_times] == [1]
    trainer.train(data(2), 2, reset_run_history=False)
    assert [time.epoch for time in trainer.run_history.epoch_times] == [1, 2, 3]


def test_a_history_of_ones_own_has_it_too_and_one_without_it_will_do():
    class Own(InMemoryRunHistory):
        def __init__(self):
            self._current_epoch, self._metrics, self._prefix = 1, {}, ""

    trainer = trainer_for(run_history=Own())
    trainer.train(data(2), 1)
    assert len(trainer.run_history.epoch_times) == 1
    bare = SimpleNamespace(reset=list, current_epoch=1, update_metric=lambda *args: None, _increment_epoch=list)
    trainer_for(run_history=bare).train(data(2), 1)


def test_real_seconds_add_up():
    trainer = trainer_for(callbacks=[PrintProgressCallback])
    trainer.train(data(8), 1, eval_dataset=data(4))
    (time,) = trainer.run_history.epoch_times
    values = [getattr(time, account) for account in ACCOUNTS]
    assert all(value >= 0 for value in values)
    assert 0 < sum(values) <= time.seconds
    assert time.step > 0
    assert time.evaluation > 0


def test_it_is_one_line_of_shares():
    time = EpochTime(3, 2.0, data=0.5, step=1.0, callbacks=0.002, evaluation=0.3, saving=0.0)
    assert str(time) == "epoch 3: 2 s, data 25%, step 50%, evaluation 15%"
    assert str(EpochTime(1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)) == "epoch 1: 0 s"


def test_an_error_leaves_the_accounts_right(clock):
    spent = Spent()
    with pytest.raises(KeyError), account_for(spent, "evaluation"):  # noqa: PT012  # the time before the error counts
        clock.takes(2)
        raise KeyError
    assert dataclasses.asdict(spent) == {**dict.fromkeys(Spent.__slots__, 0.0), "evaluation": 2, "total": 2}


def test_the_line_is_printed_once_an_epoch(capsys):
    trainer = trainer_for(callbacks=[PrintProgressCallback])
    trainer.train(data(2), 2)
    said = capsys.readouterr().out
    assert re.findall(r"^Time of epoch (\d): ", said, re.MULTILINE) == ["1", "2"]
    assert said.index("Time of epoch 1") < said.index("Epoch 2") < said.index("Time of epoch 2")


def test_everything_on_an_account_has_one():
    assert set(ACCOUNTS) < set(Spent.__slots__)
    assert time_ledger.__all__ == ["EpochTime", "Spent", "account_for", "clock"]
