"""What has no plain counterpart is refused by its name."""

from __future__ import annotations

import pytest

from groundwire_tools.eject.facts import NotPlainError
from groundwire_tools.eject.looking.standing import check_hooks, snake


@pytest.mark.parametrize(
    ("name", "variable"),
    [("EarlyStopping", "early_stopping"), ("Curves", "curves"), ("EMACallback", "ema_callback"), ("A2B", "a2_b")],
)
def test_a_class_gives_its_variable_a_name(name: str, variable: str) -> None:
    assert snake(name) == variable


def test_a_hook_that_no_plain_loop_calls_is_refused() -> None:
    with pytest.raises(NotPlainError, match=r"Mine\.optimizer_zero_grad has no place"):
        check_hooks("Mine", frozenset({"training_step", "optimizer_zero_grad"}))
    check_hooks("Mine", frozenset({"training_step", "on_fit_end"}))
