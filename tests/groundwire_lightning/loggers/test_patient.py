"""What a logger that fails for a while gets, and what is said of the rows that it never takes."""

import warnings

from hypothesis import given
from hypothesis import strategies as st

from groundwire_lightning.loggers import patient
from groundwire_lightning.loggers.patient import LONGEST_PAUSE, Patient


class Flaky:
    """A logger that raises for as long as it is told to."""

    def __init__(self, error=None):
        self.error, self.steps, self.tries, self.status = error, [], 0, None

    def log_metrics(self, metrics, step):
        self.tries += 1
        if self.error is not None:
            raise self.error
        self.steps.append(step)

    def save(self):
        pass

    def finalize(self, status):
        self.status = status


def quietly(call):
    """What warnings a call gives."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in seen]


def test_rows_of_an_outage_are_written_after_it_and_in_order():
    logger = Flaky()
    caller = Patient(logger)

    def run():
        for step in range(40):
            logger.error = OSError("full") if 5 <= step < 20 else None
            caller.write({"a": 1.0}, step, saves=True)
        caller.finalize("success")

    seen = quietly(run)
    assert logger.steps == list(range(40))
    assert logger.status == "success"
    assert len(seen) == 1
    assert "raised OSError: full. The run goes on" in seen[0]


@given(st.lists(st.sampled_from([None, OSError("full"), ValueError("odd")]), max_size=40))
def test_every_row_is_written_once_or_counted(errors):
    logger = Flaky()
    caller = Patient(logger)

    def run():
        for step, error in enumerate(errors):
            logger.error = error
            caller.write({"a": 1.0}, step, saves=True)
        caller.finalize("success")

    seen = quietly(run)
    lost = [int(said.split()[1]) for said in seen if "could not be written" in said]
    assert logger.steps == sorted(set(logger.steps))
    assert len(logger.steps) + sum(lost) == len(errors)


def test_a_logger_is_tried_again_after_a_pause_that_has_a_limit():
    logger = Flaky(OSError("full"))
    caller = Patient(logger)
    last, longest = 0, 0

    def run():
        nonlocal last, longest
        for step in range(1000):
            before = logger.tries
            caller.write({}, step, saves=True)
            if logger.tries > before:
                longest, last = max(longest, step - last - 1), step

    quietly(run)
    assert longest == LONGEST_PAUSE
    logger.error = None
    caller.finalize("failed")
    assert logger.steps == list(range(1000))


def test_a_row_that_fails_for_itself_holds_no_other_back():
    logger = Flaky(ValueError("not a number"))
    caller = Patient(logger)
    said = quietly(lambda: caller.write({}, 0, saves=True))
    logger.error = None
    said += quietly(lambda: [caller.write({}, step, saves=True) for step in range(1, 6)])
    said += quietly(lambda: caller.finalize("success"))
    assert logger.steps == [1, 2, 3, 4, 5]
    assert said[-1] == "Flaky: 1 rows of this run could not be written"


def test_rows_that_wait_are_bounded_and_the_oldest_are_given_up(monkeypatch):
    monkeypatch.setattr(patient, "MOST_HELD", 10)
    logger = Flaky(OSError("full"))
    caller = Patient(logger)
    quietly(lambda: [caller.write({}, step, saves=False) for step in range(30)])
    logger.error = None
    assert quietly(lambda: caller.finalize("success")) == ["Flaky: 20 rows of this run could not be written"]
    assert logger.steps == list(range(20, 30))


def test_a_save_that_fails_lets_the_logger_rest_but_sends_no_row_twice():
    logger = Flaky()
    logger.save = lambda: (_ for _ in ()).throw(OSError("full"))
    caller = Patient(logger)
    said = quietly(lambda: [caller.write({}, step, saves=True) for step in range(5)])
    caller.finalize("success")
    assert [text.partition(":")[0] for text in said] == ["Flaky.save raised OSError"]
    assert logger.steps == list(range(5))
