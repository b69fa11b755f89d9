"""Calls of a logger that may fail: the run goes on, rows wait for the logger, and those that are lost are counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from groundwire.errors import rank_zero_warn

LONGEST_PAUSE = 64
"""The most rows for which a failing logger is left alone."""
MOST_HELD = 10_000
"""The most rows that wait for a logger; beyond them the oldest are dropped."""


class Patient:
    """Calls a logger in one run without letting its errors end the run.

    The first failure is reported. A row that fails with an ``OSError``, as a full disk or a missing
    connection raise, waits with all that follow, and is tried again after ever longer pauses. A row
    that fails with any other error would fail again, and is dropped.

    Args:
        logger: The logger.
    """

    def __init__(self, logger: Any) -> None:
        self.logger = logger
        self._waiting: deque[tuple[Mapping[str, Any], int]] = deque()
        self._lost = 0
        self._rows_to_skip, self._pause = 0, 1
        self._is_reported = False

    def call(self, method: str, *args: Any, **kwargs: Any) -> bool:
        """Call a method of the logger.

        Args:
            method: Its name.
            *args: Arguments of the method.
            **kwargs: Keyword arguments of the method.

        Returns:
            True if it raised nothing.
        """
        return self._error_of(method, *args, **kwargs) is None

    def write(self, row: Mapping[str, Any], step: int, *, saves: bool) -> None:
        """Hand the logger a row, after those that wait; in a pause it waits as well.

        Args:
            row: Name of each value to the value.
            step: Place of the row on the x-axis.
            saves: Call ``save`` after it.
        """
        if len(self._waiting) == MOST_HELD:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append((row, step))
        if self._rows_to_skip:
            self._rows_to_skip -= 1
        elif self._send() and (not saves or self.call("save")):
            self._pause = 1
        else:
            self._rows_to_skip = self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def finalize(self, status: str) -> None:
        """Hand the logger the rows that wait, end its run, and warn of rows that it never took.

        Args:
            status: ``"success"`` or ``"failed"``.
        """
        self._send()
        self.call("finalize", status)
        if lost := self._lost + len(self._waiting):
            rank_zero_warn(f"{type(self.logger).__qualname__}: {lost} rows of this run could not be written")

    def _send(self) -> bool:
        while self._waiting:
            row, step = self._waiting[0]
            error = self._error_of("log_metrics", metrics=row, step=step)
            if not isinstance(error, OSError):
                self._waiting.popleft()
            if error is not None:
                self._lost += not isinstance(error, OSError)
                return False
        return True

    def _error_of(self, method: str, *args: Any, **kwargs: Any) -> Exception | None:
        try:
            getattr(self.logger, method)(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  # no logger is worth a run
            if not self._is_reported:
                self._report(method, error)
            return error
        return None

    def _report(self, method: str, error: Exception) -> None:
        self._is_reported = True
        rank_zero_warn(
            f"{type(self.logger).__qualname__}.{method} raised {type(error).__name__}: {error}. The run goes on "
            f"without what it cannot write; it is tried again, at most {LONGEST_PAUSE} rows later. This is said once, "
            "and at the end of the run how many rows it never took"
        )
