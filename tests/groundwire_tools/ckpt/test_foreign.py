"""Foreign values: named by their path, and left out without a change to what stands beside them."""

from __future__ import annotations

import argparse
import collections
import datetime
import pathlib
from typing import Any

import numpy as np
import pytest
import torch

from groundwire.saved.stand_ins import StandIn
from groundwire_lightning.utilities.parsing import AttributeDict
from groundwire_tools.ckpt.foreign import Fit, imported_by_name

FOREIGN = StandIn("mine.Net")
KEPT = ("lightning", "native", "pytorch-accelerated")


@pytest.mark.parametrize(
    ("value", "path", "rest"),
    [
        ({"a": FOREIGN, "b": 1}, "a", {"b": 1}),
        ({"a": {"b": FOREIGN, "c": 2}}, "a.b", {"a": {"c": 2}}),
        ({"a": [1, (2, FOREIGN)], "b": 1}, "a.1.1", {"b": 1}),
        ({"a": argparse.Namespace(x=FOREIGN), "b": 1}, "a.x", {"b": 1}),
    ],
)
@pytest.mark.parametrize("form", KEPT)
def test_what_is_foreign_is_named_and_left_out(value: Any, path: str, rest: Any, form: str) -> None:
    fit = Fit(form)
    assert fit.without_unfit(value) == rest
    assert path.startswith("a")
    assert [*fit.unfit] == ([path] if form != "pytorch-accelerated" or path != "a.x" else ["a"])


@pytest.mark.parametrize(
    ("value", "forms"),
    [
        (torch.float16, KEPT),
        ({1, 2}, KEPT),
        (collections.OrderedDict(a=1), KEPT),
        (collections.defaultdict(int, a=1), KEPT[:2]),
        (frozenset({1}), KEPT[:2]),
        (datetime.date(2026, 1, 2), KEPT[:2]),
        (pathlib.PurePosixPath("a"), KEPT[:2]),
        (argparse.Namespace(a=1), KEPT[:2]),
        (np.float64(2), KEPT[:1]),
    ],
)
def test_each_form_takes_what_its_reader_makes(value: Any, forms: tuple[str, ...]) -> None:
    state = {"a": value}
    for form in KEPT:
        fit = Fit(form)
        assert (fit.without_unfit(state) is state) == (form in forms)
        assert bool(fit.unfit) == (form not in forms)


def test_an_attribute_dict_becomes_a_plain_one() -> None:
    new = Fit("lightning").without_unfit({"a": AttributeDict(b=AttributeDict(c=1))})
    assert new == {"a": {"b": {"c": 1}}}
    assert type(new["a"]) is type(new["a"]["b"]) is dict


def test_one_part_in_many_places_is_walked_once() -> None:
    laughs: list[Any] = [1]
    for _ in range(100):
        laughs = [laughs, laughs]
    loop: dict[str, Any] = {"laughs": laughs}
    loop["self"] = loop
    assert Fit("native").without_unfit(loop) is loop


def test_texts_that_lightning_would_import_are_told() -> None:
    values: dict[Any, Any] = {"_class_path": "evil.Net", "width": 3, FOREIGN: 1, "net": {"class_path": "evil.Act"}}
    values["self"] = values
    assert imported_by_name(values) == {"_class_path": "evil.Net", "net.class_path": "evil.Act"}
    assert imported_by_name(None) == {}
