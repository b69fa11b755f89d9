"""What only watches leaves with the lines that make it."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.eject.made import listener, plain
from tests.groundwire_tools.eject.variants import program

from groundwire_tools.eject.facts import NotPlainError

MINE = "class Mine(L.Callback):\n    pass\n"
BAR = "L.pytorch.callbacks.TQDMProgressBar(2)"
ONE = {"listeners": (listener("Mine"),), "order": (0,)}


@pytest.mark.parametrize(
    ("data", "callbacks"),
    [
        ("", f"[Mine(), {BAR}]"),
        (f"bar = {BAR}\n", "[bar, Mine()]"),
        (f"both = [Mine(), {BAR}]\n", "both"),
        (f"both = [Mine()]\nboth.append({BAR})\n", "both"),
    ],
)
def test_a_progress_bar_goes(data: str, callbacks: str) -> None:
    text = plain(program(before=MINE, data=data, trainer=f"callbacks={callbacks}"), **ONE)
    assert "[Mine()]" in text
    assert "Bar" not in text
    assert "bar" not in text


def test_a_logger_goes_with_the_line_that_makes_it() -> None:
    text = plain(program(data='csv = L.pytorch.loggers.CSVLogger("x")\n', trainer="logger=csv"))
    assert "csv" not in text
    assert "CSV" not in text


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (f"bar = {BAR}\nprint(bar)\n", r"bar is left out of the written program, and this line uses it"),
        ("kind = L.pytorch.callbacks.TQDMProgressBar\n", r"is used otherwise than in callbacks= or logger="),
    ],
)
def test_what_is_used_otherwise_is_refused(data: str, why: str) -> None:
    with pytest.raises(NotPlainError, match=why):
        plain(program(data=data))
