import pytest
from tests.groundwire_lightning.callbacks.test_device_stats_monitor import monitored
from tests.side_by_side.twins import twins

# throughput


@pytest.mark.parametrize(
    "options",
    [{}, {"window_size": 3}, {"length_fn": lambda batch: 3 * len(batch[0])}],
    ids=["usual", "short window", "items"],
)
def test_throughput_is_written_as_in_lightning(options, monkeypatch):
    def make(callbacks):
        return callbacks.ThroughputMonitor(batch_size_fn=lambda batch: len(batch[0]), **options)

    def set_clock(stage):
        monkeypatch.setattr(f"{stage.callbacks.__name__}.throughput_monitor.time", Clock())

    assert twins(monitored(make, set_clock, dict, max_epochs=2), hears=False)["answer"][0] != "raised"


class Clock:
    """A clock that is a second later each time it is looked at."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        self.now += 1.0
        return self.now
