"""The report as text: what it says first, what it warns of, and how far a side got that crashed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from groundwire.testing import Record, compare
from groundwire_tools.compare.clock import Times
from groundwire_tools.compare.report import crash_of, report_of, warnings_of
from groundwire_tools.compare.sides import Side
from groundwire_tools.run.program import Program

PROGRAM = Program("script", "train.py")
EVENTS: list[dict[str, Any]] = [
    {"k": "start", "torch": "2.9", "python": "3.11.7", "threads": 2},
    {"k": "call", "name": "Trainer.fit", "args": [], "framework": "lightning", "version": "2.6.6"},
    {"k": "loss", "values": [0.5]},
    {"k": "step", "optimizer": "SGD 0", "rates": [0.1], "tensors": {}},
    {"k": "end", "code": 0, "error": None},
]
EQUAL = """\
train.py: Lightning 2.6.6 and groundwire
equal

losses                  1 compared         0 differ
optimizer steps         1 compared         0 differ
hooks                   2 compared         0 differ
logged                  0 compared         0 differ
random state            0 compared         0 differ
weights                 0 compared         0 differ
files                   0 compared         0 differ"""
DIFFERENT = """\
train.py: Lightning 2.6.6 and groundwire
different; the first place is
losses: loss, backward pass 1, after 0 optimizer steps, last hook Trainer.fit
  Lightning 2.6.6  0.5
  groundwire       0.75
  largest difference 0.25, mean 0.25

losses                  1 compared         1 differ
"""
UNSTEADY = """
not repeatable under Lightning 2.6.6 itself: two runs of it differ, first at
losses: loss, backward pass 1, after 0 optimizer steps, last hook Trainer.fit
  first run   0.5
  second run  0.625
  largest difference 0.125, mean 0.125"""


def record(loss: float = 0.5, **start: Any) -> Record:
    events = copy.deepcopy(EVENTS)
    events[0].update(start)
    events[2]["values"] = [loss]
    return Record(events, {}, {})


def test_equal_runs_are_told_with_a_table() -> None:
    assert report_of(PROGRAM, compare(record(), record()), None, None) == EQUAL


def test_different_runs_are_told_with_the_first_place() -> None:
    outcome = compare(record(), record(0.75))
    assert report_of(PROGRAM, outcome, None, None).startswith(DIFFERENT)
    assert report_of(PROGRAM, outcome, compare(record(), record()), None).endswith(
        "two runs under Lightning 2.6.6 are equal"
    )
    assert report_of(PROGRAM, outcome, compare(record(), record(0.625)), None).endswith(UNSTEADY)


def test_the_time_a_step_is_the_last_line() -> None:
    times = Times(1e-3, 5e-4, 0.5, 20)
    assert report_of(PROGRAM, compare(record(), record()), None, times).endswith(
        times.text("Lightning 2.6.6", "groundwire")
    )


def test_what_may_make_two_runs_differ_is_a_warning() -> None:
    outcome = compare(record(torch="2.1"), record(threads=4))
    assert warnings_of(outcome) == [
        "the two sides have different torch: 2.1 and 2.9",
        "the two sides have different threads: 2 and 4",
    ]


def test_an_exit_code_that_tells_of_a_failure_is_a_warning() -> None:
    one = record()
    one.events[-1]["code"] = 3
    assert warnings_of(compare(one, one)) == ["the program ended with exit code 3"]


def test_what_was_not_compared_is_a_warning() -> None:
    one, other = record(), record()
    other.files = {"tb/events": {"not compared": "tensorboard is not installed"}}
    assert warnings_of(compare(one, other)) == ["tb/events was not compared: tensorboard is not installed"]
    one.events.append({"k": "limit", "steps": 1})
    assert warnings_of(compare(one, other)) == ["compared up to step 1, without files"]


def test_a_crash_is_told_with_how_far_it_got_and_what_it_said(tmp_path: Path) -> None:
    (tmp_path / "output.txt").write_text("Traceback\nValueError: no\n", "utf-8")
    crashed = record()
    crashed.events[3:] = [{"k": "call", "name": "Trainer.fit raised ValueError", "args": []}]
    assert crash_of(Side("groundwire", tmp_path, 1), crashed, record()).splitlines() == [
        "groundwire crashed: exit code 1 after 0 optimizer steps, 2 hook calls, last Trainer.fit raised ValueError",
        "until then the two were equal",
        "  | Traceback",
        "  | ValueError: no",
    ]
    killed = crash_of(Side("groundwire", tmp_path, -11), crashed, record(0.75))
    assert killed.startswith("groundwire crashed: signal SIGSEGV after 0 optimizer steps")
    assert "until then they were different; the first place is\nlosses: loss" in killed
