"""Arguments of earlier releases, written as those of today."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest

from groundwire_lightning import MisconfigurationException, callbacks
from groundwire_lightning.lightning_1.older_arguments import Older, dropped, left_out, renamed, takes_older


class Thing:
    @takes_older(
        old=renamed("new"),
        gone=dropped("nothing"),
        new=Older("new=0", lambda others, value: {"new": 0}, lambda value: value == "auto"),
        needed=left_out("needed", 7),
    )
    def __init__(self, needed: int, new: Any = 1, *, more: int = 2) -> None:
        self.given = needed, new, more


CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any], tuple[Any, ...]]] = {
    "another name": ((5,), {"old": 3}, (5, 3, 2)),
    "without effect": ((5,), {"gone": True}, (5, 1, 2)),
    "a value": ((5,), {"new": "auto"}, (5, 0, 2)),
    "a value by place": ((5, "auto"), {"more": 4}, (5, 0, 4)),
    "left out": ((), {"more": 4}, (7, 1, 4)),
    "several": ((), {"old": 2, "gone": 1}, (7, 2, 2)),
}


@pytest.mark.parametrize(("args", "kwargs", "given"), CALLS.values(), ids=CALLS)
def test_it_is_written_as_today_and_told(args: tuple[Any, ...], kwargs: dict[str, Any], given: tuple[Any, ...]) -> None:
    with pytest.warns(UserWarning, match=r"Thing\(.*\) is of Lightning 1; today it is"):
        assert Thing(*args, **kwargs).given == given


def test_a_call_of_today_is_left_alone() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Thing(5, 3, more=4).given == (5, 3, 4)


def test_the_signature_is_that_of_today() -> None:
    assert [*inspect.signature(Thing).parameters] == ["needed", "new", "more"]
    assert Thing.__init__.old_keywords == {"old": "new=", "gone": "nothing"}


def test_both_for_one_thing_are_refused() -> None:
    with pytest.raises(MisconfigurationException, match=r"old=3, new=4"):
        Thing(5, old=3, new=4)


OF_CALLBACKS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], dict[str, Any]]] = {
    "nothing to monitor": ("EarlyStopping", (), {}, {"monitor": "early_stop_on", "mode": "min"}),
    "a direction": ("EarlyStopping", ("acc", 0.0, 3, False, "auto"), {}, {"mode": "max", "patience": 3}),
    "the other direction": ("EarlyStopping", ("val_acc",), {"mode": "auto"}, {"mode": "min"}),
    "digits": ("BackboneFinetuning", (), {"round": 3}, {"rounding": 3}),
    "rates of the groups": ("StochasticWeightAveraging", (), {"swa_epoch_start": 2}, {"_swa_lrs": []}),
    "drawings in a second": ("RichProgressBar", (), {"refresh_rate_per_second": 5}, {"_refresh_rate": 100}),
}


@pytest.mark.parametrize(("name", "args", "kwargs", "has"), OF_CALLBACKS.values(), ids=OF_CALLBACKS)
def test_callbacks_take_theirs(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], has: dict[str, Any]) -> None:
    with pytest.warns(UserWarning, match="is of Lightning 1"):
        callback = getattr(callbacks, name)(*args, **kwargs)
    assert {attribute: getattr(callback, attribute) for attribute in has} == has
