import logging
import random
import sys

import pytest

from groundwire_lightning.utilities.console import load_rich, show_log, tell


@pytest.mark.parametrize(("rank", "lines"), [(None, 1), ("0", 1), ("1", 0)])
def test_the_first_process_tells(rank, lines, monkeypatch, caplog):
    monkeypatch.delenv("RANK", raising=False)
    if rank is not None:
        monkeypatch.setenv("RANK", rank)
    with caplog.at_level(logging.INFO, logger="told"):
        tell(logging.getLogger("told"), "%d of %s", 3, "four")
    assert [record.getMessage() for record in caplog.records] == ["3 of four"] * lines
    assert {record.filename for record in caplog.records} <= {"test_console.py"}


@pytest.fixture
def log(monkeypatch):
    """The log of the package as it is before anybody has set it up."""
    log = logging.getLogger("groundwire_lightning")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(log, "propagate", True)
    return log


def test_lines_are_seen_once_however_often_that_is_asked_for(log, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    show_log()
    show_log()
    assert [type(handler) for handler in log.handlers] == [logging.StreamHandler]
    assert log.isEnabledFor(logging.INFO)
    assert not log.propagate


def test_a_program_that_has_set_up_its_own_log_shows_them_itself(log, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])
    show_log()
    assert log.handlers == []
    assert log.propagate


def test_rich_is_loaded_without_a_draw_from_the_programs_random_numbers(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    before = random.getstate()
    load_rich()
    assert "rich.style" in sys.modules
    assert random.getstate() == before
