"""The clock: steps are paired, the first are dropped, and it writes when the run is over."""

from __future__ import annotations

import io

import pytest
from tests.groundwire.testing.loops import plain_loop

from groundwire_tools.compare.clock import Clock, paired


def ends(seconds: float, count: int, slow: int = 0) -> list[int]:
    """When steps were over of which the first ``slow`` took a second more."""
    times = [0.0]
    for step in range(count - 1):
        times.append(times[-1] + seconds + (step < slow))
    return [int(time * 1e9) for time in times]


def test_the_medians_of_what_is_left_after_the_warm_up() -> None:
    times = paired([(ends(0.01, 30, slow=3), ends(0.02, 30)), (ends(0.01, 20), ends(0.02, 18, slow=4))])
    assert times is not None
    assert (times.a, times.b, times.ratio) == pytest.approx((0.01, 0.02, 2.0))
    assert times.steps == 25 + 13
    assert times.text("Lightning", "groundwire") == (
        "time a step: Lightning 10000 µs, groundwire 20000 µs, ratio 2.000 (medians over 38 paired steps)"
    )


def test_too_few_steps_tell_nothing() -> None:
    assert paired([(ends(1, 5), ends(1, 5))]) is None


def test_the_time_of_each_step_is_written() -> None:
    class Out(io.StringIO):
        def close(self) -> None: ...

    out = Out()
    clock = Clock(out, steps=None)
    end = clock.start()
    plain_loop(steps=3)()
    clock.stop()
    assert end is None
    times = [int(line) for line in out.getvalue().splitlines()]
    assert times == sorted(times)
    assert len(times) == 3
