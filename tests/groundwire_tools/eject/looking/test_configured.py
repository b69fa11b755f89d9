"""What ``configure_optimizers`` returns is taken apart by the paths to what is in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from groundwire_tools.eject.facts import NotPlainError, Scheduler
from groundwire_tools.eject.looking.configured import path_to, scheduler_at

ONE, TWO = object(), object()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (TWO, ""),
        ([ONE, TWO], "[1]"),
        (([ONE], [{"scheduler": TWO}]), '[1][0]["scheduler"]'),
        ({"optimizer": ONE, "lr_scheduler": {"scheduler": TWO}}, '["lr_scheduler"]["scheduler"]'),
    ],
)
def test_a_path_leads_to_an_object(value: Any, path: str) -> None:
    assert path_to(TWO, value) == path
    assert eval(f"value{path}") is TWO  # noqa: S307  # it is what the program will evaluate


def test_an_object_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotPlainError, match="configure_optimizers returns a list"):
        path_to(ONE, [TWO])


def test_a_scheduler_without_a_metric_monitors_nothing() -> None:
    config = SimpleNamespace(
        scheduler=ONE, interval="step", frequency=2, monitor="x", reduce_on_plateau=False, strict=True
    )
    assert scheduler_at(config, ONE) == Scheduler("", "step", 2, None, True)
