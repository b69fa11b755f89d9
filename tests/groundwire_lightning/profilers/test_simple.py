from typing import Any

import lightning.pytorch.profilers as their_profilers
import pytest

import groundwire_lightning.profilers as our_profilers


@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize("recorded", [{}, {"first": [0.5, 0.25], "a much longer name": [0.125]}])
def test_the_simple_report_is_lightnings_word_for_word(
    monkeypatch: pytest.MonkeyPatch, extended: bool, recorded: Any
) -> None:
    if not (recorded or extended):
        pytest.skip("Lightning raises there: it takes the longest of no names")
    monkeypatch.setattr("time.perf_counter", lambda: 8.0)
    told = []
    for profilers in (their_profilers, our_profilers):
        profiler = profilers.SimpleProfiler(extended=extended)
        profiler.recorded_durations.update(recorded)
        profiler.start_time = 6.0
        told.append([profiler.summary()])
        profiler.setup("fit")
        told[-1].append(profiler.summary())
    assert told[0] == told[1]
