"""The time a step takes, on each side, without anything that is recorded."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, TextIO

WARM_UP = 0.1
"""The share of the steps that is dropped, for they wait for memory, files and compilers."""
LEAST_WARM_UP = 5


class Clock:
    """Writes down when each step of an optimizer was over.

    Args:
        out: Gets the times, in nanoseconds, a line each.
        steps: End the process after so many.
    """

    def __init__(self, out: TextIO, steps: int | None) -> None:
        self._out, self._limit, self._process = out, steps, os.getpid()
        self._times: list[int] = []

    def start(self) -> None:
        """Begin to hear."""
        from groundwire.testing.recorder import hear_steps

        hear_steps(self._add_step)

    def _add_step(self, *_: Any) -> None:
        self._times.append(time.perf_counter_ns())
        if len(self._times) == self._limit:
            self.stop()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(0)

    def stop(self, *_: Any) -> None:
        """Write the times, in the process that it began in."""
        if os.getpid() == self._process:
            self._out.write("\n".join(map(str, self._times)))
            self._out.close()


class Times(NamedTuple):
    """What a step took.

    Attributes:
        a: The median of the first side, in seconds.
        b: That of the second.
        ratio: The median over the steps of what B took for each second of A.
        steps: So many steps were paired.
    """

    a: float
    b: float
    ratio: float
    steps: int

    def text(self, a: str, b: str) -> str:
        """One line."""
        return (
            f"time a step: {a} {self.a * 1e6:.0f} µs, {b} {self.b * 1e6:.0f} µs, ratio {self.ratio:.3f} "
            f"(medians over {self.steps} paired steps)"
        )


def paired(rounds: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Times | None:
    """Compare step by step what two sides took; None where there are too few steps.

    Args:
        rounds: For each pair of runs when the steps of the first and of the second side were over, in nanoseconds.
    """
    one: list[float] = []
    other: list[float] = []
    for a, b in rounds:
        count = min(len(a), len(b))
        dropped = max(LEAST_WARM_UP, int(count * WARM_UP))
        one += [(a[at] - a[at - 1]) / 1e9 for at in range(dropped, count)]
        other += [(b[at] - b[at - 1]) / 1e9 for at in range(dropped, count)]
    if not one:
        return None
    ratios = [of_b / of_a for of_a, of_b in zip(one, other, strict=True)]
    return Times(statistics.median(one), statistics.median(other), statistics.median(ratios), len(one))
