"""The assertion: functions, records and golden files, and what it tells where two runs differ."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from tests.groundwire.testing.loops import plain_loop

from groundwire.testing import RecordError, assert_same_run, record


def test_a_function_does_the_same_twice_whatever_it_draws() -> None:
    assert_same_run(plain_loop(), plain_loop())


def test_the_random_state_is_afterwards_as_before() -> None:
    before = random.getstate(), torch.get_rng_state()
    record(lambda: (random.random(), torch.randn(3)))
    assert random.getstate() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])


@pytest.mark.parametrize(
    ("other", "place"),
    [
        (plain_loop(factor=1.5), "losses: loss, backward pass 3, after 2 optimizer steps"),
        (plain_loop(rate=0.2), "optimizer steps: SGD 0 learning rate of group 0, step 1, after 0 optimizer steps"),
        (plain_loop(steps=4), "losses: loss, which one side alone has, backward pass 4, after 3 optimizer steps"),
        (plain_loop(noise=False), "losses: loss, backward pass 1, after 0 optimizer steps"),
    ],
)
def test_the_first_place_that_differs_is_told(other: object, place: str) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_same_run(plain_loop(), other)
    assert str(caught.value).splitlines()[1].startswith(place)


def test_a_golden_file_stands_for_the_run_that_wrote_it(tmp_path: Path) -> None:
    golden = tmp_path / "golden.zip"
    with torch.random.fork_rng():
        torch.manual_seed(3)
        record(plain_loop()).export(golden)
        torch.manual_seed(3)
        assert_same_run(golden, plain_loop())
        torch.manual_seed(4)
        with pytest.raises(AssertionError, match="different; the first place is"):
            assert_same_run(str(golden), plain_loop())


def test_what_is_near_enough_is_equal_within_a_tolerance() -> None:
    with pytest.raises(AssertionError):
        assert_same_run(plain_loop(), plain_loop(factor=1.0001))
    assert_same_run(plain_loop(), plain_loop(factor=1.0001), rtol=0.001)


def test_kinds_can_be_chosen() -> None:
    assert_same_run(plain_loop(rate=0.0), plain_loop(rate=1e-30), only=["losses"])
    with pytest.raises(ValueError, match="'loss' is no kind"):
        assert_same_run(plain_loop(), plain_loop(), only=["loss"])


def test_runs_that_do_nothing_are_not_called_equal() -> None:
    with pytest.raises(ValueError, match="nothing was recorded"):
        assert_same_run(lambda: None, lambda: None)


def test_a_golden_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read: No such file"):
        assert_same_run(tmp_path / "golden.zip", plain_loop())
