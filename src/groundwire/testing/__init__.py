"""Help for test suites: ``assert_same_run`` holds two trainings against each other, ``record`` records one.

from groundwire.testing import assert_same_run

def test_the_new_loop_trains_as_the_old_one():
    assert_same_run(train_as_before, train)

def test_it_trains_as_under_lightning():
    assert_same_run("golden.zip", train)  # written once by: groundwire compare train.py --export golden.zip
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundwire.testing.comparison import KINDS, Comparison, Difference, compare
    from groundwire.testing.records import Record, RecordError
    from groundwire.testing.same_run import assert_same_run, record

__all__ = ["KINDS", "Comparison", "Difference", "Record", "RecordError", "assert_same_run", "compare", "record"]

_MODULES = {
    **dict.fromkeys(("KINDS", "Comparison", "Difference", "compare"), "comparison"),
    **dict.fromkeys(("Record", "RecordError"), "records"),
    **dict.fromkeys(("assert_same_run", "record"), "same_run"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a recorder in another interpreter needs one module of this room."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"groundwire.testing.{_MODULES[name]}"), name)
