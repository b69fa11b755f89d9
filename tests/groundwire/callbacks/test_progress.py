import io
import sys
from types import SimpleNamespace

import pytest

from groundwire.callbacks import ProgressBarCallback


class Bar:
    def __init__(self, **options):
        self.options, self.n, self.is_open = options, 0, True

    def update(self):
        assert self.is_open
        self.n += 1

    def close(self):
        self.is_open = False


@pytest.fixture
def bars(monkeypatch):
    made = []
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())  # a notebook draws bars at once
    monkeypatch.setattr("tqdm.tqdm", lambda **options: made.append(Bar(**options)) or made[-1])
    return made


def trainer_with(train=(), evaluation=(), is_main=True):
    accelerator = SimpleNamespace(is_local_main_process=is_main)
    return SimpleNamespace(_train_dataloader=train, _eval_dataloader=evaluation, _accelerator=accelerator)


def evaluate(callback, trainer, batches):
    callback.on_eval_epoch_start(trainer, is_intermediate=True)
    for _ in range(batches):
        callback.on_eval_step_end(trainer, None, None)
    callback.on_eval_epoch_end(trainer, is_intermediate=True)


def test_an_evaluation_within_an_epoch_has_a_bar_of_its_own(bars):
    callback, trainer = ProgressBarCallback(), trainer_with(range(3), range(2))
    callback.on_train_epoch_start(trainer)
    for _ in range(3):
        callback.on_train_step_end(trainer, None, None, step=0)
        evaluate(callback, trainer, 2)
    callback.on_train_epoch_end(trainer)
    evaluate(callback, trainer, 2)
    assert [bar.n for bar in bars] == [3, 2, 2, 2, 2]
    assert [bar.options["total"] for bar in bars] == [3, 2, 2, 2, 2]
    assert [bar.options["leave"] for bar in bars] == [True, False, False, False, True]
    assert not any(bar.is_open for bar in bars)


def test_predictions_are_counted(bars):
    callback, trainer = ProgressBarCallback(), trainer_with(evaluation=range(1))
    callback.on_prediction_run_start(trainer)
    callback.on_prediction_step_end(trainer, None, None)
    callback.on_prediction_run_end(trainer)
    assert (bars[0].n, bars[0].is_open) == (1, False)


def test_data_without_a_length_has_a_bar_without_an_end(bars):
    ProgressBarCallback().on_train_epoch_start(trainer_with(iter(())))
    assert bars[0].options["total"] is None


@pytest.mark.parametrize("event", ["on_stop_training_error", "on_exception"])
def test_an_error_closes_every_bar_and_the_next_run_starts_afresh(bars, event):
    callback, trainer = ProgressBarCallback(), trainer_with()
    callback.on_train_epoch_start(trainer)
    callback.on_eval_epoch_start(trainer)
    getattr(callback, event)(trainer, error=RuntimeError())
    assert not any(bar.is_open for bar in bars)
    callback.on_train_epoch_start(trainer)
    assert bars[-1].options["leave"]


def test_a_callback_that_joins_within_an_epoch_waits_for_the_next(bars):
    callback, trainer = ProgressBarCallback(), trainer_with()
    callback.on_train_step_end(trainer, None, None)
    callback.on_train_epoch_end(trainer)
    assert bars == []


def test_a_screen_is_drawn_on_four_times_a_second(bars):
    ProgressBarCallback().on_train_epoch_start(trainer_with())
    assert (bars[0].options["mininterval"], bars[0].options.get("delay", 0)) == (0.25, 0)


def test_a_file_is_written_to_every_ten_seconds(monkeypatch):
    """The first line is about all batches and all seconds of the epoch, although its bar is made only then."""
    now, out = [100.0], io.StringIO()
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr("sys.stderr", out)
    monkeypatch.setattr("groundwire.callbacks.progress.clock", lambda: now[0])
    callback, trainer = ProgressBarCallback(), trainer_with(range(40))
    callback.on_train_epoch_start(trainer)
    for now[0] in (104.0, 109.0, 111.0):
        assert out.getvalue() == ""
        callback.on_train_step_end(trainer, None, None)
    assert "3/40 [00:11<" in out.getvalue()
    callback.on_train_step_end(trainer, None, None)
    assert "4/40" not in out.getvalue()
    callback.on_train_epoch_end(trainer)
    assert out.getvalue().count("4/40") == 1


def test_an_epoch_that_is_over_sooner_leaves_no_line_in_a_file(monkeypatch):
    out = io.StringIO()
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr("sys.stderr", out)
    callback, trainer = ProgressBarCallback(), trainer_with(range(2))
    callback.on_train_epoch_start(trainer)
    callback.on_train_step_end(trainer, None, None)
    callback.on_train_epoch_end(trainer)
    assert out.getvalue() == ""


def test_only_the_main_process_of_a_machine_shows_it(capfd, monkeypatch):
    monkeypatch.setattr("groundwire.callbacks.progress.SECONDS_IN_A_FILE", 0)
    for is_main in (False, True):
        callback, trainer = ProgressBarCallback(), trainer_with(range(2), is_main=is_main)
        callback.on_train_epoch_start(trainer)
        callback.on_train_step_end(trainer, None, None)
        callback.on_train_epoch_end(trainer)
        assert ("train: " in capfd.readouterr().err) is is_main
