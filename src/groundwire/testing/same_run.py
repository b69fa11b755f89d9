"""An assertion for test suites: two runs did the same, to the last bit or within a tolerance."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundwire.testing.comparison import KINDS, Comparison, compare
from groundwire.testing.recorder import Recorder
from groundwire.testing.records import SAVED, STREAM, Record

__all__ = ["assert_same_run", "comparison_text", "record"]


def record(run: Callable[[], object], name: str = "the run") -> Record:
    """Run a function and record what it does: losses, steps of optimizers, hooks, what is logged, weights.

    The function begins with the random state of the moment, which is the same again when it is over: two functions
    that are recorded one after the other draw the same numbers. A script is run by
    ``record(lambda: runpy.run_path("train.py", run_name="__main__"))``. Files are not compared; for these there is
    ``groundwire compare``.

    Args:
        run: The function, which trains.
        name: What a message calls it.
    """
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / STREAM).open("w", encoding="utf-8") as out:
        recorder = Recorder(out, str(Path(folder) / SAVED))
        with _same_random_state():
            recorder.start()
            try:
                run()
            finally:
                recorder.stop()
        return Record.of_folder(Path(folder), name)


def assert_same_run(
    a: Record | str | Path | Callable[[], object],
    b: Record | str | Path | Callable[[], object],
    *,
    rtol: float = 0.0,
    only: Iterable[str] = KINDS,
) -> None:
    """Assert that two runs did the same.

    Args:
        a: What is right: a record, a golden file that ``groundwire compare --export`` or ``Record.export`` wrote,
            or a function that is run and recorded here.
        b: What is to be the same, likewise.
        rtol: Numbers whose difference is at most this share of B's are equal.
        only: The kinds of things to compare, by default all of ``KINDS``; files, where both records have them.

    Raises:
        AssertionError: They differ; the message tells the first place.
        RecordError: A golden file cannot be read.
        ValueError: There is no such kind, or nothing was recorded.
    """
    one, other = _record_of(a, "run A"), _record_of(b, "run B")
    if one.is_empty and other.is_empty:
        raise ValueError("nothing was recorded: neither run had a backward pass, an optimizer or a Trainer")
    outcome = compare(one, other, rtol, only)
    if not outcome.is_equal:
        raise AssertionError(comparison_text(outcome, "run A", "run B"))


def comparison_text(outcome: Comparison, a: str, b: str) -> str:
    """The first place that differs, and a table of all kinds.

    Args:
        outcome: The comparison.
        a: The name of the first run.
        b: The name of the second.
    """
    head = ["equal"]
    if not outcome.is_equal:
        head = ["different; the first place is", outcome.differences[0].told(a, b)]
    width = max(len(row.kind) for row in outcome.rows)
    lines = [f"{row.kind:<{width}}  {row.compared:>8} compared  {row.differ:>8} differ" for row in outcome.rows]
    return "\n".join([*head, "", *lines])


def _record_of(run: Any, name: str) -> Record:
    if isinstance(run, Record):
        return run
    return Record.of_file(run) if isinstance(run, (str, Path)) else record(run, name)


@contextmanager
def _same_random_state() -> Iterator[None]:
    """Put the random state back as it was."""
    import torch

    numpy = sys.modules.get("numpy")
    python, of_numpy = random.getstate(), numpy and numpy.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            if numpy is not None:
                numpy.random.set_state(of_numpy)
