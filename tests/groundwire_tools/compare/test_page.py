"""The page: one file that loads nothing, with the curves of both sides."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from tests.groundwire_tools.compare.test_report import PROGRAM, record

from groundwire.testing import Record, compare
from groundwire_tools.compare.page import MOST_POINTS, curves_of, page_of
from groundwire_tools.run.program import Program


def run(steps: int = 4, factor: float = 1.0) -> Record:
    result = record()
    for step in range(steps):
        result.events += [
            {"k": "loss", "values": [factor / (step + 1)]},
            {"k": "step", "optimizer": "Adam 0", "rates": [0.1, None], "tensors": {}},
            {"k": "logged", "who": "CSVLogger", "step": 10 * step, "values": {"<acc>": step, "bad": float("nan")}},
        ]
    return result


def test_the_curves_are_losses_rates_and_what_was_logged() -> None:
    curves = curves_of(run())
    assert list(curves) == ["loss", "learning rate, Adam 0 group 0", "logged: <acc>"]
    assert curves["logged: <acc>"] == [(0.0, 0.0), (10.0, 1.0), (20.0, 2.0), (30.0, 3.0)]


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_a_page_is_whole_and_loads_nothing(factor: float) -> None:
    page = page_of(PROGRAM, compare(run(), run(factor=factor)), None, None)
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(page)
    assert tags.count("svg") == 3
    assert tags.count("polyline") == 6
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert not re.search(r"https?://|url\(|@import", page)
    assert f"<title>{'Equal' if factor == 1.0 else 'Different'}: train.py</title>" in page
    assert "&lt;acc&gt;" in page


def test_texts_of_the_program_are_no_part_of_the_page() -> None:
    page = page_of(Program("-c", "print('<script>')"), compare(record(), record()), None, None)
    assert "<script>" not in page


def test_long_curves_are_thinned_out() -> None:
    page = page_of(PROGRAM, compare(run(3000), run(3000)), None, None)
    assert max(len(points.split()) for points in re.findall(r'points="([^"]*)"', page)) <= 2 * MOST_POINTS
