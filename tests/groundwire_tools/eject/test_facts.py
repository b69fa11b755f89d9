"""Facts tell who listens, and in which order."""

from __future__ import annotations

from tests.groundwire_tools.eject.made import facts, listener


def test_callbacks_are_told_in_their_order_and_not_in_that_of_the_list() -> None:
    known = facts(listeners=(listener("A", "setup"), listener("B")), order=(1, 0))
    assert [one.name for one in known.told()] == ["B", "A"]


def test_a_hook_may_be_anybodys() -> None:
    known = facts(listeners=(listener("A", "setup"),), data=frozenset({"teardown"}))
    assert known.has("setup")
    assert known.has("on_fit_end", "teardown")
    assert known.has("training_step")
    assert not known.has("on_fit_end")
