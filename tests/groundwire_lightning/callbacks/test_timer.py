import datetime

import pytest
from tests.side_by_side.twins import BOTH, twins

# the clock


class Clock:
    """A clock that is a second later each time it is looked at."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        self.now += 1.0
        return self.now


def timed(make, monkeypatch, **arguments):
    def scenario(stage):
        monkeypatch.setattr(f"{stage.callbacks.__name__}.timer.time", Clock())
        timer = make(stage.callbacks)
        module = stage.make_module(methods=BOTH)
        listeners = [timer, stage.make_callback()] if timer is not None else [stage.make_callback()]
        trainer = stage.make_trainer(callbacks=listeners, **arguments)
        trainer.fit(module, stage.loader("train"), stage.loader("val", samples=10))
        timer = timer or next(each for each in trainer.callbacks if type(each).__name__ == "Timer")
        asked = [timer.time_remaining() is None, timer.start_time("train") is None, timer.start_time("test") is None]
        kept = timer.state_dict()
        again = type(timer)()
        again.load_state_dict(kept)
        return [list(kept["time_elapsed"]), asked, again.time_elapsed() == kept["time_elapsed"]["train"]]

    return scenario


TIMERS = {
    "no limit": lambda c: c.Timer(),
    "a text": lambda c: c.Timer("00:00:00:12"),
    "a delta": lambda c: c.Timer(datetime.timedelta(seconds=12)),
    "a dictionary": lambda c: c.Timer({"seconds": 12}),
    "by epochs": lambda c: c.Timer("00:00:00:05", interval="epoch", verbose=False),
    "no time at all": lambda c: c.Timer({"seconds": 0}),
}


@pytest.mark.parametrize("name", TIMERS)
def test_training_ends_when_the_time_is_up_as_in_lightning(name, monkeypatch):
    twins(timed(TIMERS[name], monkeypatch, max_epochs=4))


@pytest.mark.parametrize("limit", ["00:00:00:12", {"seconds": 12}, datetime.timedelta(seconds=12)], ids=str)
def test_max_time_is_a_timer_as_in_lightning(limit, monkeypatch):
    record = twins(timed(lambda c: None, monkeypatch, max_time=limit, max_epochs=None))
    assert 0 < record["global_step"] < 20


def test_a_timer_that_was_given_takes_precedence_over_max_time(monkeypatch):
    twins(timed(TIMERS["a text"], monkeypatch, max_time="00:00:00:01"))
